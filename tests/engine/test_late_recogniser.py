"""A recogniser that says nothing before it has heard the whole session, as one does that tells
speakers apart: session after session, no word is lost, and it is not thought to be stuck."""

from __future__ import annotations

from pathlib import Path

from skdictate.app.factory import Factory
from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, FindingMade, LineCommitted, ProblemRaised
from skdictate.server.recogniser import Utterance
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.support.number_recogniser import EchoRecogniser, EchoStream, count, numbers, write

SOUND = Format(16_000)


class LateStream(EchoStream):
    def __init__(self, sound: Format) -> None:
        super().__init__(sound)
        self._heard: list[bytes] = []

    def feed(self, pcm: bytes) -> list[Utterance]:
        self._heard.append(pcm)
        return [Utterance("", 0, 0, is_complete=False)]

    def finish(self) -> list[Utterance]:
        said = super().feed(b"".join(self._heard))
        return [utterance for utterance in said if utterance.is_complete] + super().finish()


class LateRecogniser(EchoRecogniser):
    def open(self, rate_hz: int) -> LateStream:
        return LateStream(Format(rate_hz))


async def test_speakers_are_told_apart_in_session_after_session(
    serving: Serving, paths: Paths, tmp_path: Path
) -> None:
    pcm = count(1, 120, SOUND, gap_s=0.05, pause_s=0.5, run=5)
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    changes: list[Change] = []
    async with serving(LateRecogniser(), session_s=20.0) as endpoint:
        settings = Settings(
            endpoint=endpoint.target, speaker_labelling=True, session_seconds=20.0, speed=15.0
        )
        factory = Factory(settings, paths, {})
        engine = factory.engine(factory.sound.file(path, 15.0))
        engine.on_change = changes.append
        outcome = await engine.run()
        await factory.close()
    lines = [change.line for change in changes if isinstance(change, LineCommitted)]
    assert numbers(" ".join(line.text for line in lines)) == list(range(1, 121))
    assert not [change for change in changes if isinstance(change, ProblemRaised)]
    assert (outcome.n_gaps, outcome.problem) == (0, None)
    assert outcome.n_sessions >= 3
    findings = [change.finding for change in changes if isinstance(change, FindingMade)]
    labels = [finding for finding in findings if finding.kind == "labels"]
    assert [label.words for label in labels] == ["speaker 0"] * len(lines)
    warnings = [finding.words for finding in findings if finding.kind == "warning"]
    ignored = "speaker_labeling, audio_processing_type"
    assert warnings == [f"the recogniser warns: This server ignores {ignored}"]
    places = [(line.start_sample, line.end_sample) for line in lines]
    assert [(label.start_sample, label.end_sample) for label in labels] == places
