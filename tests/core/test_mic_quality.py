from __future__ import annotations

from skdictate.audio.pcm import SILENCE_DBFS, Level
from skdictate.core.changes import Change, ProblemCleared, ProblemRaised, Topic
from skdictate.core.mic_quality import CLIPPED, MUTED, QUIET, MicQuality
from skdictate.core.watchdogs import Watchdogs
from skdictate.errors import Problem

SPEECH = Level(-32.0, -20.0)
ROOM = Level(-60.0, -50.0)
NOTHING = Level(SILENCE_DBFS, SILENCE_DBFS)
TOO_LOUD = Level(-6.0, 0.0, is_clipped=True)


class Room:
    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.watch = Watchdogs(self.changes)
        self.mic_quality = MicQuality(self.watch)

    def hear(self, level: Level, seconds: float) -> Problem | None:
        for _ in range(round(seconds * 20)):
            self.mic_quality.add_level(level, 0.05)
        return next((raised.problem for raised in self.watch.raised()), None)


def test_digital_silence_is_told_within_two_seconds_and_forgiven_at_once() -> None:
    room = Room()
    assert room.hear(NOTHING, 1.4) is None
    assert room.hear(NOTHING, 0.2) == MUTED
    assert room.hear(ROOM, 0.05) is None
    assert room.changes == [ProblemRaised(Topic.SOUND, MUTED), ProblemCleared(Topic.SOUND)]


def test_a_microphone_that_gates_its_noise_is_given_more_time_each_time() -> None:
    room = Room()
    for _ in range(4):
        room.hear(NOTHING, 20)
        room.hear(SPEECH, 1)
    assert room.hear(NOTHING, 11) is None
    assert room.hear(NOTHING, 2) == MUTED


def test_a_beginning_without_anything_audible_is_told_and_ends_with_speech() -> None:
    room = Room()
    assert room.hear(ROOM, 4.5) is None
    assert room.hear(ROOM, 1.0) == QUIET
    assert room.hear(SPEECH, 0.05) is None
    assert room.hear(ROOM, 60) is None, "a pause is no fault"


def test_one_click_is_no_clipping_and_shouting_is() -> None:
    room = Room()
    room.hear(SPEECH, 1)
    assert room.hear(TOO_LOUD, 0.1) is None
    room.hear(SPEECH, 5)
    assert room.hear(TOO_LOUD, 0.15) == CLIPPED
    assert room.hear(SPEECH, 2) == CLIPPED
    assert room.hear(SPEECH, 1.1) is None


def test_another_microphone_is_judged_from_its_own_beginning() -> None:
    room = Room()
    room.hear(NOTHING, 3)
    room.mic_quality.restart()
    assert room.changes[-1] == ProblemCleared(Topic.SOUND)
    assert room.hear(ROOM, 4.5) is None
    assert room.hear(ROOM, 1.0) == QUIET
