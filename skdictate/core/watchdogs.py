"""Three alarms that explain why no text appears: no sound, audio that is not sent, no words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from skdictate.core.changes import Change, ProblemCleared, ProblemRaised, Topic
from skdictate.errors import Kind, Problem

CAPTURE_S = 10.0
"""A source that delivers no sound for this long is stuck."""
SEND_S = 1.0
"""Audio that waits this long for the transport raises ``SLOW``."""
SEND_BROKEN_S = 5.0
"""Audio that waits this long means that the connection is dead; the session is replaced."""
WORDLESS_S = 10.0
"""This much audible sound without a new word raises ``NO_WORDS`` or ``NO_ANSWERS``."""
PROGRESS_S = 30.0
"""This much audible sound without a new word may mean that the recogniser is stuck."""
RESTARTS = 1
"""Sessions that are replaced for that reason before it is assumed that the sound has no words."""

NO_SOUND = Problem(
    Kind.MICROPHONE,
    "No sound arrives",
    f"The source has delivered nothing for {CAPTURE_S:.0f} seconds",
    "Check the microphone; what was recorded so far is safe.",
)
NOTHING_COMES = replace(NO_SOUND, hint="Check the input; what was recorded so far is safe.")
SLOW = Problem(
    Kind.NETWORK,
    "The connection is slow",
    "Audio is waiting to be sent",
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
    "The recogniser sends no answers",
    f"{WORDLESS_S:.0f} seconds of audible sound brought no answer of any kind",
    "Recording goes on; another session is tried soon.",
)


@dataclass(slots=True)
class Watchdogs:
    """Appends ``ProblemRaised`` and ``ProblemCleared`` to ``changes``, each once per problem."""

    changes: list[Change]
    is_live: bool = True
    """The source cannot wait: a microphone, or a stream like one."""
    hears_microphone: bool = True
    _raised: dict[Topic, ProblemRaised] = field(default_factory=dict)
    last_captured_s: float | None = None
    audible_s: float = 0.0
    n_restarts: int = 0

    def raise_(self, topic: Topic, problem: Problem, retry_s: float | None = None) -> None:
        """Report a problem, unless the same one is reported already.

        Args:
            topic: what is affected; a new problem replaces the one before.
            problem: what is wrong.
            retry_s: when the next try is due, on the caller's clock.
        """
        raised = ProblemRaised(topic, problem if self.is_live else problem.of_file(), retry_s)
        if self._raised.get(topic) != raised:
            self._raised[topic] = raised
            self.changes.append(raised)

    def clear(self, topic: Topic) -> None:
        """Report that a topic has no problem any more, if it had one."""
        if self._raised.pop(topic, None) is not None:
            self.changes.append(ProblemCleared(topic))

    def raised(self) -> Iterator[ProblemRaised]:
        """The present problems, the gravest first."""
        for topic in Topic:
            if topic in self._raised:
                yield self._raised[topic]

    def is_raised(self, topic: Topic) -> bool:
        """Whether the topic has a problem at present."""
        return topic in self._raised

    def captured(self, now_s: float, audible_s: float) -> None:
        """Sound arrived; ``audible_s`` of it may be speech that was sent to the recogniser."""
        self.last_captured_s = now_s
        self.audible_s += audible_s
        self.clear(Topic.CAPTURE)

    def expect_capture(self, now_s: float) -> None:
        """Expect sound from the source from now on."""
        self.last_captured_s = now_s

    def expect_nothing(self) -> None:
        """Expect no sound from the source until ``expect_capture``."""
        self.last_captured_s = None
        self.clear(Topic.CAPTURE)

    @property
    def capture_due_s(self) -> float | None:
        """When ``check_capture`` is due; None if no sound is expected or the alarm is raised."""
        if self.last_captured_s is None or Topic.CAPTURE in self._raised:
            return None
        return self.last_captured_s + CAPTURE_S

    def check_capture(self, now_s: float) -> None:
        """Raise the alarm if the source is stuck and has not reported a problem itself."""
        if self.last_captured_s is None or self.is_raised(Topic.CAPTURE):
            return
        if now_s - self.last_captured_s >= CAPTURE_S:
            self.raise_(Topic.CAPTURE, NO_SOUND if self.hears_microphone else NOTHING_COMES)

    def check_sending(self, waiting_since_s: Iterable[float | None], now_s: float) -> None:
        """Raise or clear ``SLOW``.

        Args:
            waiting_since_s: for each session, since when audio waits for the transport; None if
                none does.
            now_s: the present time.
        """
        oldest_s = min((since for since in waiting_since_s if since is not None), default=None)
        if oldest_s is not None and now_s - oldest_s >= SEND_S:
            self.raise_(Topic.SEND, SLOW)
        else:
            self.clear(Topic.SEND)

    def send_deadline(self, waiting_since_s: float | None) -> tuple[float, Problem] | None:
        """When a session whose audio waits is given up, and why; None if no audio waits."""
        if waiting_since_s is None:
            return None
        return waiting_since_s + SEND_BROKEN_S, STUCK

    def words_arrived(self) -> None:
        """Words arrived: clear the alarm, and count audible sound from zero."""
        self.audible_s = 0.0
        self.n_restarts = 0
        self.clear(Topic.PROGRESS)

    def wants_restart(self, silent_s: float) -> bool:
        """Whether to replace the session, since sound has given no words for too long.

        ``silent_s``: seconds since the recogniser last sent any event.
        """
        if self.audible_s >= WORDLESS_S:
            self.raise_(Topic.PROGRESS, NO_ANSWERS if silent_s >= WORDLESS_S else NO_WORDS)
        if self.audible_s < PROGRESS_S:
            return False
        self.audible_s = 0.0
        self.n_restarts += 1
        return self.n_restarts <= RESTARTS
