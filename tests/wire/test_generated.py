"""The checked-in modules are what the .proto files compile to."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_regenerating_changes_nothing(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "protos" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    generate.generate(tmp_path)
    fresh = {path.name: path.read_text() for path in (tmp_path / "skdictate/_pb").iterdir()}
    kept = {
        path.name: path.read_text()
        for path in (ROOT / "skdictate/_pb").iterdir()
        if path.suffix in (".py", ".pyi") and path.name != "__init__.py"
    }
    assert fresh == kept
