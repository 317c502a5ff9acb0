"""When to move on to a new session, and where to cut.

The cut must lose no word and double none, whatever the speaker does:

- between two utterances, nobody is cut;
- at the last settled position, the utterance in flight is heard again, whole, by the new session;
- if that would replay too much (a long monologue), at the head: with word times both sessions hear
  the seam and each word goes to the side its middle is on, without them a quiet moment is awaited;
- where the recogniser tells no times, in a pause: the old session answers for all that it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from skdictate.core.limits import HARD, LAST, REPLAY_S, SOFT, Limits
from skdictate.core.link import Link

OVERLAP_S = 2.0
"""What both sessions hear at a cut in running speech; longer than two words."""


class Cut(Enum):
    """Where the old session ends and the new one begins."""

    AT_ACK = "at the last settled position"
    AT_HEAD = "at the head"
    IN_SPEECH = "at the head, with an overlap"


REPLAY = 0.6
"""The largest share of a session that may be heard again, so that each session gets on."""


ANY_PAUSE = 0.875
"""Past this share the pauses between two words count too, if no other cut would be sure."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """The rule, for one recogniser's limits."""

    limits: Limits

    def decide(
        self, link: Link, *, is_quiet: bool, is_behind: bool = False, is_idle: bool = True
    ) -> Cut | None:
        """Whether to move on from this link now, and where to cut; None to stay.

        ``is_quiet``: the link has been sent a pause, as far as loudness tells.
        ``is_behind``: it is sent the past in a hurry, so its answers may be on their way ...
        ``is_idle``: ... unless it was sent nothing for as long as the server allows.
        """
        share = self.limits.share(link.audio_s, link.size_bytes)
        if share < SOFT:
            return None
        if link.is_timed and link.unacked_s <= min(REPLAY_S, REPLAY * link.audio_s):
            return Cut.AT_ACK if share >= HARD or not link.is_pending else None
        is_any_pause_good = not link.is_timed and (is_behind or share >= ANY_PAUSE)
        if is_quiet and (share >= HARD or not link.is_pending or is_any_pause_good):
            return Cut.AT_HEAD
        if share < HARD:
            return None
        if link.has_words:
            return Cut.IN_SPEECH
        is_full = is_behind and is_idle and self.room(link, is_behind=True) == 0
        return Cut.AT_HEAD if is_full or share >= LAST else None

    def room(self, link: Link, *, is_behind: bool) -> int:
        """Samples that may still be handed to this link before the last cut.

        A link that is behind stops short of it, so that its answers can come before the cut.
        """
        share = HARD if is_behind and not link.has_words else LAST
        by_time = link.format.samples(self.limits.session_s * share)
        by_size = int(self.limits.session_bytes * share) // link.format.size_bytes(1)
        return max(0, min(by_time, by_size) - (link.cursor - link.first))
