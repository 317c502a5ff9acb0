"""Recognises a recording with ``yandex-speechkit``: ADDRESS RECORDING.pcm RATE_HZ."""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")  # the package says that it is old
pydub: Any = import_module("pydub")
speechkit: Any = import_module("speechkit")


def main() -> None:
    address, recording, rate_hz = sys.argv[1:]
    token = json.loads(sys.stdin.read())
    speechkit.configure_credentials(speechkit.creds.YandexCredentials(api_key=token))
    model = speechkit.model_repository.recognition_model(custom_endpoint=(address, True))
    model.language = "en-US"
    sound = pydub.AudioSegment(
        Path(recording).read_bytes(), sample_width=2, frame_rate=int(rate_hz), channels=1
    )
    for channel in model.transcribe(sound):
        for it in channel.utterances or []:
            words = [[word.word, word.start_time_ms, word.end_time_ms] for word in it.words]
            print(json.dumps({"raw": it.text, "normalized": it.normalized_text, "words": words}))


if __name__ == "__main__":
    main()
