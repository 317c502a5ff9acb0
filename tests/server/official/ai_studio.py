"""Recognises with ``yandex-ai-studio-sdk``: ADDRESS CERTIFICATE RECORDING.pcm RATE_HZ HOW.

HOW is ``run`` (all at once), ``stream`` (event by event), or ``external``: as the first, but the
program says where utterances end, which is after the recording, twice.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sdk: Any = import_module("yandex_ai_studio_sdk")
auth: Any = import_module("yandex_ai_studio_sdk.auth")
CHUNK_BYTES = 3_201
"""Not a whole number of samples."""


def speech_to_text(address: str, certificate: str, rate_hz: str, token: str) -> Any:
    client = sdk.AIStudio(
        folder_id="folder",
        auth=auth.APIKeyAuth(token),
        endpoint=None,
        service_map={"ai-stt-v3": address, "ai-stt": address},
        verify=certificate,
    )
    recogniser = client.speechkit.speech_to_text(audio_format=f"PCM16({rate_hz})")
    return recogniser.configure(language_codes="en-US", text_normalization=True)


def tell(result: Any) -> None:
    for utterance in result[0].utterances:
        words = [word.text for final in utterance.finals for word in final.words]
        span = utterance.timespan
        times = [span.start_time_ms, span.end_time_ms]
        print(json.dumps({"text": utterance.text, "words": words, "times": times}))


def main() -> None:
    address, certificate, recording, rate_hz, how = sys.argv[1:]
    recogniser = speech_to_text(address, certificate, rate_hz, json.loads(sys.stdin.read()))
    pcm = Path(recording).read_bytes()
    chunks = [pcm[i : i + CHUNK_BYTES] for i in range(0, len(pcm), CHUNK_BYTES)]
    if how == "run":
        tell(recogniser.run(chunks))
    elif how == "stream":
        for event in recogniser.run_stream(chunks):
            print(json.dumps({"event": event.event_type.value, "text": event.text}))
    else:
        stream = recogniser.configure(eou_classifier=False).create_bistream()
        for _ in range(2):
            for chunk in chunks:
                stream.write(chunk)
            stream.eou()
        stream.done_writing()
        for event in stream:
            print(json.dumps({"event": event.event_type.value, "text": event.text}))


if __name__ == "__main__":
    main()
