"""Three watchdogs, so that a frozen screen always says why: no sound, nothing sent, no words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from skdictate.core.changes import Change, ProblemCleared, ProblemRaised, Topic
from skdictate.errors import Kind, Problem

CAPTURE_S = 10.0
"""Without a captured frame for this long, the source is stuck."""
SEND_S = 1.0
"""Audio that waits this long for the transport is worth saying ..."""
SEND_BROKEN_S = 5.0
"""... and this long means that the link is dead."""
WORDLESS_S = 10.0
"""Audible sound for this long without a new word is worth saying ..."""
PROGRESS_S = 30.0
"""... and this long may mean that the recogniser is stuck."""
RESTARTS = 1
"""Links to replace for that reason before believing that there are no words in the sound."""

NO_SOUND = Problem(
    Kind.MICROPHONE,
    "No sound arrives",
    f"The source has delivered nothing for {CAPTURE_S:.0f} seconds",
    "Check the microphone; what was recorded so far is safe.",
)
NOTHING_COMES = replace(
    NO_SOUND, hint="Check what it should come from; what was heard so far is safe."
)
SLOW = Problem(
    Kind.NETWORK,
    "The link is slow",
    "Audio waits to be sent",
    "Recording goes on; the text will catch up.",
)
STUCK = Problem(
    Kind.NETWORK,
    "The recogniser stopped reading",
    f"It has taken no audio for {SEND_BROKEN_S:.0f} seconds",
    "Connecting again; recording goes on.",
)
NO_WORDS = Problem(
    Kind.RECOGNISER,
    "Sound, but no words",
    f"{WORDLESS_S:.0f} seconds of audible sound gave no text",
    "Check that this is the right microphone and the right language.",
)
NO_ANSWERS = Problem(
    Kind.NETWORK,
    "The recogniser says nothing",
    f"{WORDLESS_S:.0f} seconds of audible sound had no answer of any kind",
    "Recording goes on; another session is tried soon.",
)


@dataclass(slots=True)
class Watchdogs:
    """Raises a problem once, and clears it once."""

    changes: list[Change]
    is_live: bool = True
    """The source does not wait: a microphone, or something like it."""
    hears_microphone: bool = True
    _raised: dict[Topic, ProblemRaised] = field(default_factory=dict)
    last_captured_s: float | None = None
    audible_s: float = 0.0
    n_restarts: int = 0

    def raise_(self, topic: Topic, problem: Problem, retry_s: float | None = None) -> None:
        """Say that something is wrong, unless it was said already."""
        raised = ProblemRaised(topic, problem if self.is_live else problem.of_file(), retry_s)
        if self._raised.get(topic) != raised:
            self._raised[topic] = raised
            self.changes.append(raised)

    def clear(self, topic: Topic) -> None:
        """Say that it works again, if it did not."""
        if self._raised.pop(topic, None) is not None:
            self.changes.append(ProblemCleared(topic))

    def raised(self) -> Iterator[ProblemRaised]:
        """What is wrong at present, the gravest first."""
        for topic in Topic:
            if topic in self._raised:
                yield self._raised[topic]

    def is_raised(self, topic: Topic) -> bool:
        """Whether something is wrong there, and was said."""
        return topic in self._raised

    def captured(self, now_s: float, audible_s: float) -> None:
        """Sound came; ``audible_s`` of it may be speech that has reached the recogniser."""
        self.last_captured_s = now_s
        self.audible_s += audible_s
        self.clear(Topic.CAPTURE)

    def expect_capture(self, now_s: float) -> None:
        """The source runs (again) from now on."""
        self.last_captured_s = now_s

    def expect_nothing(self) -> None:
        """The source rests: silence from it is no fault."""
        self.last_captured_s = None
        self.clear(Topic.CAPTURE)

    @property
    def capture_due_s(self) -> float | None:
        """When ``check_capture`` is due; None while nothing is expected, or it was said already."""
        if self.last_captured_s is None or Topic.CAPTURE in self._raised:
            return None
        return self.last_captured_s + CAPTURE_S

    def check_capture(self, now_s: float) -> None:
        """Raise the alarm if the source is stuck, and has not said itself why."""
        if self.last_captured_s is None or self.is_raised(Topic.CAPTURE):
            return
        if now_s - self.last_captured_s >= CAPTURE_S:
            self.raise_(Topic.CAPTURE, NO_SOUND if self.hears_microphone else NOTHING_COMES)

    def check_sending(self, waiting_since_s: Iterable[float | None], now_s: float) -> None:
        """Say whether audio waits, by since when it waits for the transport of each link."""
        oldest_s = min((since for since in waiting_since_s if since is not None), default=None)
        if oldest_s is not None and now_s - oldest_s >= SEND_S:
            self.raise_(Topic.SEND, SLOW)
        else:
            self.clear(Topic.SEND)

    def send_deadline(self, waiting_since_s: float | None) -> tuple[float, Problem] | None:
        """How long the transport may take nothing before the link is dead."""
        if waiting_since_s is None:
            return None
        return waiting_since_s + SEND_BROKEN_S, STUCK

    def words_arrived(self) -> None:
        """The recogniser gave words."""
        self.audible_s = 0.0
        self.n_restarts = 0
        self.clear(Topic.PROGRESS)

    def wants_restart(self, silent_s: float) -> bool:
        """Whether the link should be replaced, since sound gave no words for too long.

        ``silent_s``: for how long it has said nothing at all.
        """
        if self.audible_s >= WORDLESS_S:
            self.raise_(Topic.PROGRESS, NO_ANSWERS if silent_s >= WORDLESS_S else NO_WORDS)
        if self.audible_s < PROGRESS_S:
            return False
        self.audible_s = 0.0
        self.n_restarts += 1
        return self.n_restarts <= RESTARTS
