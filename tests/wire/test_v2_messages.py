"""What our client sends in API v2, as Yandex's own stubs read it in a process of their own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.speechkit import codec_v2

READ = """
import json, sys
from google.protobuf.json_format import MessageToDict
from yandex.cloud.ai.stt.v2 import stt_service_pb2 as pb
read = [pb.StreamingRecognitionRequest.FromString(bytes.fromhex(data)) for data in sys.argv[1:]]
print(json.dumps([MessageToDict(it, preserving_proto_field_name=True) for it in read]))
"""


def test_the_official_stubs_read_what_our_client_sends(yandex_python: Path) -> None:
    wishes = codec_v2.Options("ru-RU", "general", masks_profanity=True, normalizes=False)
    codec = wishes.codec(Format(48_000), "b1g")
    sent = [codec.pack(codec.settings()).hex(), codec.pack(codec.audio(b"\1\2\3\4")).hex()]
    command = [str(yandex_python), "-W", "ignore", "-c", READ, *sent]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == [
        {
            "config": {
                "specification": {
                    "audio_encoding": "LINEAR16_PCM",
                    "sample_rate_hertz": "48000",
                    "language_code": "ru-RU",
                    "model": "general",
                    "profanity_filter": True,
                    "partial_results": True,
                    "raw_results": True,
                    "literature_text": True,
                },
                "folder_id": "b1g",
            }
        },
        {"audio_content": "AQIDBA=="},
    ]
