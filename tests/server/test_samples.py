"""The sample clients of the public documentation run against our server as they stand.

Only the host is another, and the root certificate that they trust. The pages are not part of this
project: ``SKDICTATE_SAMPLES`` names a folder that has them as text. What the samples import comes
from where their pages say: the messages from Yandex's own package (or, for Node.js, from .proto
files where the page wants them), gRPC from its registries; and the microphone is a recording.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.server.emulator import Emulator, check, run
from tests.support.environments import node_modules_with
from tests.support.served import TOKEN
from tests.wire.conftest import yandex_python  # noqa: F401 - a fixture

FOLDER = os.environ.get("SKDICTATE_SAMPLES", "")
ROOT = Path(__file__).parents[2]
ENDS = ("```", "Where:")
"""What follows the code on a page."""
NODE_PACKAGES = ("grpc@npm:@grpc/grpc-js", "@grpc/proto-loader", "google-proto-files")
"""The ``grpc`` that the page names is retired; this is its successor, under the old name."""
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="SKDICTATE_SAMPLES names no folder with pages of the documentation"
)


def sample(first_line: str, *marks: str) -> str:
    """The code that begins with a line and has these marks, from the newest page that has it."""
    for page in sorted(Path(FOLDER).glob("*.txt"), reverse=True):
        lines = page.read_text(encoding="utf-8").splitlines()
        for start, line in enumerate(lines):
            if line.strip() == first_line:
                code = textwrap.dedent("\n".join(_block(lines[start:])))
                if all(mark in code for mark in marks):
                    return code
    pytest.skip(f"no page in {FOLDER} has this sample")


def _block(lines: list[str]) -> Iterator[str]:
    indent = len(lines[0]) - len(lines[0].lstrip())
    for line in lines:
        is_less = bool(line.strip()) and len(line) - len(line.lstrip()) < indent
        if is_less or line.strip() in ENDS:
            return
        yield line


@pytest.mark.slow
def test_the_microphone_sample_for_v3_in_python(
    emulator: Emulator,
    speech: Path,
    yandex_python: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    code = sample("import pyaudio", "stt.v3")
    (tmp_path / "test.py").write_text(emulator.instead(code), encoding="utf-8")
    printed = run(
        [str(yandex_python), "test.py", "--secret", TOKEN],
        tmp_path,
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=str(emulator.certificate),
        PYTHONPATH=str(ROOT / "tests" / "support" / "stand_in"),
        STAND_IN_MICROPHONE=str(speech),
    )
    finals = [line for line in printed.splitlines() if line.startswith("type=final,")]
    check(" ".join(finals))
    assert "type=partial, alternatives=['" in printed
    assert "type=final_refinement, alternatives=['" in printed
    assert soundfile.info(tmp_path / "audio.wav").samplerate == 8_000


@pytest.mark.slow
def test_the_file_sample_for_v2_in_python(
    emulator: Emulator,
    speech: Path,
    yandex_python: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    code = sample("#coding=utf8", "stt.v2", "CHUNK_SIZE")
    (tmp_path / "test.py").write_text(emulator.instead(code), encoding="utf-8")
    command = [str(yandex_python), "test.py", "--token", TOKEN, "--folder_id", "folder"]
    printed = run(
        [*command, "--path", str(speech.with_suffix(".pcm"))],
        tmp_path,
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=str(emulator.certificate),
    )
    check(printed)
    assert "Is final:  True" in printed


@pytest.fixture(scope="module")
def node_packages(pytestconfig: pytest.Config) -> Path:
    """A folder with what the page has installed, kept between runs."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node.js and npm")
    return node_modules_with(pytestconfig, "node", *NODE_PACKAGES)


@pytest.mark.slow
def test_the_file_sample_for_v2_in_node(
    emulator: Emulator, speech: Path, node_packages: Path, tmp_path: Path
) -> None:
    code = sample("const fs = require('fs');", "stt/v2", "SttService")
    source = tmp_path / "src"
    source.mkdir()
    (source / "index.js").write_text(emulator.instead(code), encoding="utf-8")
    (source / "node_modules").symlink_to(node_packages)
    shutil.copy(emulator.certificate, source / "roots.pem")
    proto = tmp_path / "yandex" / "cloud" / "ai" / "stt" / "v2" / "stt_service.proto"
    proto.parent.mkdir(parents=True)
    shutil.copy(ROOT / "protos" / "speechkit_stt_v2.proto", proto)
    printed = run(
        ["node", "index.js", str(speech.with_suffix(".pcm"))],
        source,
        FOLDER_ID="folder",
        IAM_TOKEN=TOKEN,
    )
    check(printed)
    assert "Is final:  true" in printed
