"""Our messages are Yandex's: every name, number, type, label, oneof and enum value."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DESCRIBE = Path(__file__).with_name("describe.py")
V3 = ("StreamingRequest", "StreamingResponse")
V2 = ("StreamingRecognitionRequest", "StreamingRecognitionResponse")


def described(python: Path | str, names: list[str]) -> dict[str, Any]:
    command = [str(python), str(DESCRIBE), *names]
    table: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return table


@pytest.mark.parametrize(
    ("ours", "theirs", "messages", "n_kinds"),
    [
        ("skdictate._pb.speechkit_stt_v3_pb2", "yandex.cloud.ai.stt.v3.stt_pb2", V3, 55),
        ("skdictate._pb.speechkit_stt_v2_pb2", "yandex.cloud.ai.stt.v2.stt_service_pb2", V2, 8),
    ],
)
def test_every_message_that_a_stream_can_carry_is_the_same(
    yandex_python: Path, ours: str, theirs: str, messages: tuple[str, ...], n_kinds: int
) -> None:
    mine = described(sys.executable, [f"{ours}:{message}" for message in messages])
    assert len(mine) >= n_kinds
    assert mine == described(yandex_python, [f"{theirs}:{message}" for message in messages])


def test_our_modules_claim_no_name_of_theirs() -> None:
    code = "import sys, skdictate._pb.speechkit_stt_v3_pb2; print('yandex' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
