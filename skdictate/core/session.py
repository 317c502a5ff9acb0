"""One stream to a recogniser: its state, what it was handed, and what it answered for."""

from __future__ import annotations

from dataclasses import dataclass, field

from skdictate.audio.pcm import Format
from skdictate.core.pending_line import PendingLine
from skdictate.core.session_state import LEGAL, SessionState

BURST_S = 1.0
"""Audio that may be handed out at once after a rest: the jitter of a live source."""
AT_ONCE_S = 3.0
"""Waiting audio that a new session is sent at once, so that the words come again at once."""
LEAD_S = 6.0
"""The silence that this begins with is sent at once besides, up to so much of it."""
OWES_AFTER_S = 0.4
"""A session that was sent this much speech since it last said something owes an answer."""
LAG_S = 8.0
"""With more audio than this unprocessed at the recogniser, it is sent no faster than live."""
SLACK_MS = 1_000
"""Times are estimates; further than this from what is possible they are none."""


@dataclass(slots=True, eq=False)
class Session:
    """The books of one link. Positions are on the dictation's timeline, in samples."""

    session_number: int
    format: Format
    first: int
    """The first sample it was sent: millisecond 0 of the session."""
    began_s: float
    state: SessionState = SessionState.OPENING
    cursor: int = field(init=False)
    """The next sample to hand out."""
    confirmed: int = field(init=False)
    """The transport took everything before this."""
    ack: int = field(init=False)
    """Everything before this is answered for."""
    last_end: int = field(init=False)
    """Where its last final ended."""
    credit_s: float = BURST_S
    credit_at_s: float = 0.0
    last_sent_s: float = 0.0
    last_event_s: float = 0.0
    last_work_s: float = 0.0
    """When it last said something that it had to work for."""
    opened_s: float | None = None
    has_spoken: bool = False
    """It has said something, be it that it is there."""
    has_answered: bool = False
    """It has said something that it had to work for."""
    unanswered_since_s: float | None = None
    """Since when it has been sent speech, and has said nothing."""
    unanswered_s: float = 0.0
    """How much speech that was, without a pause before it was something to answer for."""
    waiting_since_s: float | None = None
    processed: int | None = None
    """How far the recogniser has worked, if it tells."""
    finals: dict[int, PendingLine | None] = field(default_factory=dict)
    """Its finals by their number in the session; None where a refinement no longer fits."""
    n_finals: int = 0
    last_index: int = -1
    """The highest number of a final."""
    promised: int = 0
    """What its finals have come to; it is answered for when none of them is missing."""
    is_pending: bool = False
    """The last partial had words, and no final has come for them yet."""
    n_inserted: int = 0
    """Samples of silence that it was sent besides the recording."""
    inserted: list[tuple[int, int]] = field(default_factory=list)
    """Where in the session, and how many."""
    has_words: bool = False
    """This recogniser tells where each word is."""
    has_ended_utterance: bool = False
    """After its last final it said that the utterance had ended."""
    is_timed: bool = True
    """Where its finals end is known; where it is guessed, no session may be left by it."""
    why_left: str = ""
    """Why another session follows, in words for a log."""
    is_past_end: bool = False
    """It has come to words that belong to the next session, and all that follow do."""
    seen_finals: dict[tuple[str, int, int], tuple[int | None, int]] = field(default_factory=dict)
    """Its finals: their number, and what it had been sent by then."""
    has_progress: bool = False
    """It has answered with something."""
    session_id: str = ""
    request_id: str = ""
    support: str = ""
    """The names that the service gave it, for its support."""

    def __post_init__(self) -> None:
        self.cursor = self.confirmed = self.ack = self.last_end = self.first
        self.last_sent_s = self.last_event_s = self.credit_at_s = self.began_s
        self.last_work_s = self.began_s

    def opened(self, now_s: float, at_once_s: float) -> None:
        """The recogniser took it; so much audio may be handed out at once."""
        self.last_sent_s = self.last_event_s = self.credit_at_s = self.opened_s = now_s
        self.credit_s = at_once_s

    def enter(self, state: SessionState) -> None:
        """Move on; an illegal move is a mistake in this program."""
        if state not in LEGAL[self.state]:
            raise AssertionError(f"link {self.session_number}: {self.state} -> {state}")
        self.state = state

    @property
    def audio_s(self) -> float:
        """The audio of the session so far."""
        return self.format.seconds(self.n_sent)

    @property
    def slack(self) -> int:
        """Samples; times of a recogniser that are further off than this are none."""
        return self.format.samples_of_ms(SLACK_MS)

    @property
    def size_bytes(self) -> int:
        """The data of the session so far."""
        return self.format.size_bytes(self.n_sent)

    @property
    def n_sent(self) -> int:
        """Samples of the session so far, silence that is in no recording included."""
        return self.cursor - self.first + self.n_inserted

    def note_speech_sent(self, speech_s: float, now_s: float) -> None:
        """It was sent so much speech."""
        self.unanswered_s += speech_s
        if self.unanswered_since_s is None:
            self.unanswered_since_s = now_s

    def note_answer(self, now_s: float) -> float:
        """It said something that it had to work for, for which it was asked so long ago."""
        asked_s = self.unanswered_since_s if self.owes_answer else None
        self.has_answered = True
        self.unanswered_since_s, self.unanswered_s = None, 0.0
        return 0.0 if asked_s is None else now_s - asked_s

    @property
    def owes_answer(self) -> bool:
        """It owes an answer."""
        return self.unanswered_s >= OWES_AFTER_S

    def insert_silence(self, n_samples: int) -> None:
        """It was sent silence that is not in the recording."""
        self.inserted.append((self.n_sent, n_samples))
        self.n_inserted += n_samples

    @property
    def unacked_s(self) -> float:
        """What it was handed and has not answered for."""
        return self.format.seconds(self.cursor - self.ack)

    def sample_at(self, session_ms: int) -> int:
        """A time of the session as a position, held inside what was handed out."""
        offset = self.format.samples_of_ms(session_ms)
        before = sum(min(n, max(0, offset - begun)) for begun, n in self.inserted)
        sample = self.first + offset - before
        return min(max(sample, self.first), self.cursor)

    @property
    def is_complete(self) -> bool:
        """No final is missing, as far as their numbers tell."""
        return self.n_finals > self.last_index

    def acknowledge(self, position: int) -> None:
        """Everything before this is answered for; never moves back."""
        self.ack = max(self.ack, min(position, self.cursor))

    def refill(self, now_s: float, catch_up: float) -> None:
        """Earn the right to send, by the time passed: see ``Limits.catch_up``."""
        elapsed_s = max(0.0, now_s - self.credit_at_s)
        self.credit_at_s = now_s
        earned_s = self.credit_s + elapsed_s * self._pace(catch_up)
        self.credit_s = max(self.credit_s, min(BURST_S, earned_s))

    def credit_in_s(self, cost_s: float, catch_up: float) -> float:
        """How long until that much audio may be handed out; 0 if now."""
        pace = self._pace(catch_up)
        if pace == float("inf"):
            return 0.0
        return max(0.0, cost_s - self.credit_s) / pace

    def _pace(self, catch_up: float) -> float:
        if self.processed is None:
            return catch_up
        lag_s = self.format.seconds(self.cursor - self.processed)
        return min(catch_up, 1.0) if lag_s > LAG_S else catch_up
