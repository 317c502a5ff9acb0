"""Word error rate of this program and of the recogniser's library called directly, in one run.

    python -m tests.bench.wer [FOLDER]

FOLDER holds recordings and a ``MANIFEST.tsv`` as ``tests/data`` does, which is the default. Only
English recordings whose transcript came with them are scored. The library is called as its own
documentation does: a whole file at once, and as a stream of tenths of a second.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from skdictate.app.factory import Factory
from skdictate.core.changes import Change, LineSettled
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from tests.support.speech import DATA, Errors, Sample, samples

RATE_HZ = 16_000


def official(folder: Path) -> list[Sample]:
    return [s for s in samples(folder) if s.language == "en" and s.is_official and s.transcript]


async def ours(recordings: list[Sample]) -> list[str]:
    """The whole way: source, gRPC, server process, core, library on disk."""
    texts = []
    with tempfile.TemporaryDirectory() as home:
        factory = Factory(Settings(), Paths.of({"SKDICTATE_HOME": home}), {})
        assert factory.server is not None
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(factory.server.run())
            for sample in recordings:
                lines: list[str] = []
                engine = factory.engine(factory.sound.file(sample.path, 0))

                def hear(change: Change, lines: list[str] = lines) -> None:
                    if isinstance(change, LineSettled):
                        lines.append(change.line.text)

                engine.on_change = hear
                await engine.run()
                texts.append(" ".join(lines))
            serving.cancel()
        await factory.close()
    return texts


def sound_of(path: Path) -> list[float]:
    sound, rate_hz = soundfile.read(path, dtype="float32")
    samples_: list[float] = soxr.resample(sound, rate_hz, RATE_HZ).astype(np.float32).tolist()
    return samples_


def library() -> Any:
    from moonshine_voice.moonshine_api import ModelArch
    from moonshine_voice.transcriber import Transcriber
    from moonshine_voice.utils import get_model_path

    return Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY)


def whole(transcriber: Any, sound: list[float]) -> str:
    return " ".join(
        line.text for line in transcriber.transcribe_without_streaming(sound, RATE_HZ).lines
    )


def streamed(transcriber: Any, sound: list[float]) -> str:
    stream = transcriber.create_stream()
    stream.start()
    for start in range(0, len(sound), RATE_HZ // 10):
        stream.add_audio(sound[start : start + RATE_HZ // 10], RATE_HZ)
    transcript = stream.stop()
    stream.close()
    return " ".join(line.text for line in transcript.lines)


def scored(recordings: list[Sample], texts: list[str]) -> Errors:
    errors = Errors()
    for sample, text in zip(recordings, texts, strict=True):
        errors.add(sample.transcript, text)
    return errors


def main() -> None:
    recordings = official(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
    duration_s = sum(soundfile.info(sample.path).duration for sample in recordings)
    transcriber = library()
    sounds = [sound_of(sample.path) for sample in recordings]
    ways: dict[str, Callable[[], list[str]]] = {
        "skdictate": lambda: asyncio.run(ours(recordings)),
        "library, whole file": lambda: [whole(transcriber, sound) for sound in sounds],
        "library, streamed": lambda: [streamed(transcriber, sound) for sound in sounds],
    }
    print(f"{len(recordings)} recordings, {duration_s:.0f} s")
    for name, way in ways.items():
        began_s = time.perf_counter()
        texts = way()
        speed = duration_s / (time.perf_counter() - began_s)
        errors = scored(recordings, texts)
        n_empty = sum(not text.strip() for text in texts)
        counts = f"{errors.n_errors} of {errors.n_words} words, {n_empty} recordings without text"
        rate = 100 * errors.rate
        print(f"{name:<20} WER {rate:5.2f} %  ({counts})  {speed:5.1f} times real time")


if __name__ == "__main__":
    main()
