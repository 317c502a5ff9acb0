"""Yandex's own clients against ``serve``, each in an environment of its own, as they are published.

They are given another address and the certificate that they trust, and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.server.emulator import Emulator, check, run
from tests.support.environments import node_modules_with, python_with
from tests.support.served import TOKEN
from tests.support.speech import words

PROGRAMS = Path(__file__).parent / "official"
RATE_HZ = 8_000
SPEECHKIT = (
    "yandex-speechkit==1.7.0",
    "audioop-lts; python_version >= '3.13'",  # the package's own requirement wants it there
)
AI_STUDIO = "yandex-ai-studio-sdk==0.22.1"
NODE = "@yandex-cloud/nodejs-sdk@3.2.0"
pytestmark = pytest.mark.slow


def told(printed: str) -> list[dict[str, Any]]:
    """What a client was told; it may print other lines."""
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def check_words(pieces: list[dict[str, Any]]) -> None:
    """Each word of each piece has its time, and time goes on."""
    times = [time for piece in pieces for _, *both in piece["words"] for time in both]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= 10_000


@pytest.fixture(scope="session")
def speechkit_python(pytestconfig: pytest.Config) -> Path:
    return python_with(pytestconfig, "yandex-speechkit", *SPEECHKIT)


@pytest.fixture(scope="session")
def ai_factory_python(pytestconfig: pytest.Config) -> Path:
    return python_with(pytestconfig, "yandex-ai-studio-sdk", AI_STUDIO)


@pytest.fixture(scope="session")
def nodejs_modules(pytestconfig: pytest.Config) -> Path:
    if shutil.which("npm") is None and "CI" not in os.environ:
        pytest.skip("needs Node.js and npm")
    return node_modules_with(pytestconfig, "nodejs-sdk", NODE)


def test_yandex_speechkit_shows_what_was_said(
    emulator: Emulator, speech: Path, speechkit_python: Path, tmp_path: Path
) -> None:
    command = [str(speechkit_python), str(PROGRAMS / "yandex_speechkit.py"), emulator.address]
    printed = run(
        [*command, str(speech.with_suffix(".pcm")), str(RATE_HZ)],
        tmp_path,
        text=json.dumps(TOKEN),
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=str(emulator.certificate),
    )
    utterances = told(printed)
    check(" ".join(it["raw"] for it in utterances))
    check(" ".join(it["normalized"] for it in utterances))
    assert all(it["raw"] == " ".join(word for word, _, _ in it["words"]) for it in utterances)
    check_words(utterances)


def ai_factory(
    python: Path,
    emulator: Emulator,
    recording: Path,
    folder: Path,
    how: str,
) -> list[dict[str, Any]]:
    arguments = [emulator.address, str(emulator.certificate), str(recording), str(RATE_HZ), how]
    command = [str(python), str(PROGRAMS / "ai_studio.py"), *arguments]
    return told(run(command, folder, text=json.dumps(TOKEN)))


def test_the_ai_studio_sdk_bears_silence_before_speech(
    emulator: Emulator, speech: Path, ai_factory_python: Path, tmp_path: Path
) -> None:
    late = tmp_path / "late.pcm"
    late.write_bytes(bytes(7 * RATE_HZ * 2) + speech.with_suffix(".pcm").read_bytes())
    utterances = ai_factory(ai_factory_python, emulator, late, tmp_path, "run")
    check(" ".join(it["text"] for it in utterances))
    assert utterances[0]["text"] == "", "silence is an utterance of no words"
    first = next(it for it in utterances if it["text"])
    assert first["times"][0] >= 6_500
    assert len(first["words"]) >= 2


@pytest.mark.parametrize("seconds", [1, 7])
def test_the_ai_studio_sdk_bears_silence_alone(
    emulator: Emulator,
    ai_factory_python: Path,
    tmp_path: Path,
    seconds: int,
) -> None:
    silent = tmp_path / "silent.pcm"
    silent.write_bytes(bytes(seconds * RATE_HZ * 2))
    utterances = ai_factory(ai_factory_python, emulator, silent, tmp_path, "run")
    assert {it["text"] for it in utterances} == {""}


def test_the_ai_studio_sdk_streams(
    emulator: Emulator, speech: Path, ai_factory_python: Path, tmp_path: Path
) -> None:
    recording = speech.with_suffix(".pcm")
    events = ai_factory(ai_factory_python, emulator, recording, tmp_path, "stream")
    check(" ".join(it["text"] for it in events if it["event"] == "final_refinement"))
    kinds = [it["event"] for it in events if it["event"] not in ("partial", "status_code")]
    assert kinds[:3] == ["final", "final_refinement", "eou_update"]
    assert kinds.count("final") == kinds.count("eou_update") >= 2


def test_a_client_of_the_ai_studio_sdk_says_where_utterances_end(
    emulator: Emulator, speech: Path, ai_factory_python: Path, tmp_path: Path
) -> None:
    recording = speech.with_suffix(".pcm")
    events = ai_factory(ai_factory_python, emulator, recording, tmp_path, "external")
    kinds = [it["event"] for it in events if it["event"] not in ("partial", "status_code")]
    assert kinds == ["final", "final_refinement", "eou_update"] * 2
    for event in events:
        if event["event"] == "final_refinement":
            check(event["text"])


def test_the_nodejs_sdk_is_told_what_was_said(
    emulator: Emulator, speech: Path, nodejs_modules: Path, tmp_path: Path
) -> None:
    program = str(shutil.copy(PROGRAMS / "nodejs.js", tmp_path))
    (tmp_path / "node_modules").symlink_to(nodejs_modules)
    arguments = [emulator.address, str(emulator.certificate), str(speech.with_suffix(".pcm"))]
    printed = run(["node", program, *arguments, str(RATE_HZ)], tmp_path, text=json.dumps(TOKEN))
    events = told(printed)
    (final,) = [it for it in events if it["event"] == "final" and it["text"]]
    check(final["text"])
    assert words(final["text"]) == final["text"].split(), "nothing is punctuated"
    assert [word for word, _, _ in final["words"]] == final["text"].split()
    check_words([final])
    assert "refinement" not in {it["event"] for it in events}
    assert [it["event"] for it in events][:2] == ["final", "eou"]
