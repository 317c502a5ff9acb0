"""How many sessions a recogniser is trusted with: one, after trouble, until it has answered again.

A session costs money from its first moment, and one that nobody answers costs as much as another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skdictate.audio.loudness import Loudness
from skdictate.core.backoff import Backoff
from skdictate.core.session import Session
from skdictate.core.session_state import SessionState

MOST_SESSIONS = 3
"""Sessions that are sent audio at a time, where several stretches wait for their text."""
SPEECH_S = 1.0
"""A session that was sent this much speech has something to answer ..."""
SILENT_S = 5.0
"""... and one that was sent this much sound without so much speech may have nothing."""
PROVEN = 3
"""After so many sessions that were paid for and settled nothing, words alone prove nothing."""
MUTE_S = 30.0
"""A session that was sent this much speech in this time, and has said nothing, is asked to end:
one that works does so, with words or without, and from another no more is expected ..."""
MUTE_LAST = 2.0
"""... in a pause, or in mid-speech after so many times as much."""


@dataclass(slots=True)
class SessionQuota:
    """Judges by what was sent and what came back."""

    loudness: Loudness
    backoff: Backoff
    is_late: bool = False
    """The recogniser says nothing before it has heard a whole session."""

    def has_room(self, sessions: Iterable[Session], *, is_urgent: bool) -> bool:
        """Whether one more session may be opened beside these; at once, if somebody waits."""
        sessions = list(sessions)
        at_work = [session for session in sessions if session.state is not SessionState.FINISHING]
        if len(at_work) >= MOST_SESSIONS:
            return False
        return is_urgent or not any(self._is_on_trial(session) for session in sessions)

    def is_unproven(self, session: Session) -> bool:
        """The last ones gave no words, and this one has not shown yet that it is better."""
        return self.backoff.n_vain > 0 and not session.has_progress and session.ack <= session.first

    def owes_words(self, session: Session) -> bool:
        """It was sent speech."""
        return self._speech_s(session) >= SPEECH_S

    def is_well(self, session: Session) -> bool:
        """What it has said so far shows that the recogniser works: words, or that it has settled
        some sound; or, where nobody speaks, that it takes sound and is still there.

        After some that settled nothing in the end, nothing less than that counts.
        """
        is_settling = session.format.seconds(session.ack - session.first) >= SPEECH_S
        if is_settling or self.backoff.n_unsettled >= PROVEN:
            return is_settling
        is_silence = session.audio_s >= SILENT_S and not self.owes_words(session)
        return session.has_progress or (session.has_spoken and is_silence)

    def is_mute(self, session: Session, now_s: float) -> bool:
        """Whether an open link has owed us an answer for too long."""
        if session.has_spoken or self.is_late or session.opened_s is None:
            return False
        if now_s - session.opened_s < MUTE_S:
            return False
        speech_s = self._speech_s(session)
        is_pause = self.loudness.is_pause(session.cursor)
        return speech_s >= MUTE_S * (1 if is_pause else MUTE_LAST)

    def _is_on_trial(self, session: Session) -> bool:
        """It will show whether the recogniser is well: it is asked, and owes an answer."""
        if self.backoff.failures > 0 and session.state is SessionState.OPENING:
            return True
        may_answer = session.audio_s < SILENT_S or self._speech_s(session) >= SPEECH_S
        return self.is_unproven(session) and may_answer

    def _speech_s(self, session: Session) -> float:
        return session.format.seconds(self.loudness.speech_samples(session.first, session.cursor))
