"""When to move on to a new session, and where to cut.

The cut must lose no word and double none, whatever the speaker does, and although times of a
recogniser are some tenths of a second off. So no time of the recogniser decides alone:

- in a pause at the head, nobody is cut: the old session answers for all that it was sent, the new
  one for all that it is sent;
- in a long pause around the last settled position: the sound says where that is, and the utterance
  in flight is heard again, whole, by the new session;
- where no session may follow, and what is left becomes a gap that is recognised later, from its
  first sample on: in a pause before the head; words after it are left to that recognition;
- where nobody pauses (a long monologue), both sessions hear the seam, and the words that both give
  show where the new ones begin: see ``seam``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from skdictate.core.limits import HARD, LAST, REPLAY_S, SOFT, Limits
from skdictate.core.session import Session

OVERLAP_S = 3.0
"""What both sessions hear at a cut in running speech: some words on either side of the cut, so that
errors of time of some tenths of a second do not take it out of what both have heard whole."""
REACH_S = OVERLAP_S / 2
"""So much of what has its words is heard again by a session that follows a broken one."""


class Cut(Enum):
    """Where the old session ends and the new one begins."""

    AT_ACK = "in the pause around the last settled position"
    AT_HEAD = "at the head"
    IN_SPEECH = "at the head, with an overlap"
    UNHEARD = "in a pause before the head"


REPLAY = 0.6
"""The largest share of a session that may be heard again, so that each session gets on."""


ANY_PAUSE = 0.875
"""Past this share the pauses between two words count too, if no other cut would be sure."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """The rule, for one recogniser's limits."""

    limits: Limits

    def decide(
        self,
        session: Session,
        *,
        is_quiet: bool,
        is_parted: bool = False,
        is_behind: bool = False,
        is_idle: bool = True,
    ) -> Cut | None:
        """Whether to move on from this link now, and where to cut; None to stay.

        ``is_quiet``: the link has been sent a pause, as far as loudness tells.
        ``is_parted``: there is a long pause around the last settled position.
        ``is_behind``: it is sent the past in a hurry, so its answers may be on their way ...
        ``is_idle``: ... unless it was sent nothing for as long as the server allows.
        """
        share = self.limits.share(session.audio_s, session.size_bytes)
        if share < SOFT:
            return None
        is_short = session.unacked_s <= min(REPLAY_S, REPLAY * session.audio_s)
        if (
            is_parted
            and session.is_timed
            and is_short
            and (share >= HARD or not session.is_pending)
        ):
            return Cut.AT_ACK
        is_any_pause_good = not session.is_timed and (is_behind or share >= ANY_PAUSE)
        if is_quiet and (share >= HARD or not session.is_pending or is_any_pause_good):
            return Cut.AT_HEAD
        is_full = is_behind and is_idle and self.room(session, is_behind=True) == 0
        return Cut.IN_SPEECH if is_full or share >= LAST else None

    def room(self, session: Session, *, is_behind: bool) -> int:
        """Samples that may still be handed to this link before the last cut.

        A link that is behind stops short of it, so that its answers can come before the cut.
        """
        share = HARD if is_behind and not session.has_words else LAST
        by_time = session.format.samples(self.limits.session_s * share)
        by_size = int(self.limits.session_bytes * share) // session.format.size_bytes(1)
        return max(0, min(by_time, by_size) - (session.cursor - session.first))
