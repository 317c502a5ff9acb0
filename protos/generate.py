"""Regenerates ``skdictate/_pb`` from the .proto files here: ``python protos/generate.py``.

The files are given a path below ``skdictate/_pb`` while they are compiled, so that the modules they
become import each other from there and nothing of ours is called ``yandex``.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).parent
PACKAGE = "skdictate/_pb"


def generate(target: Path) -> None:
    """Write the modules and their stubs below ``target``, which stands for the project's root."""
    arguments = [
        "protoc",
        f"-I{PACKAGE}={HERE}",
        f"-I{files('grpc_tools') / '_proto'}",
        f"--python_out={target}",
        f"--pyi_out={target}",
        *(f"{PACKAGE}/{proto.name}" for proto in sorted(HERE.glob("*.proto"))),
    ]
    if protoc.main(arguments) != 0:
        sys.exit("protoc failed; its words are above")


if __name__ == "__main__":
    generate(HERE.parent)
