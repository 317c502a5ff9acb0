"""What a recogniser says of its finals, held against what can be: times, repeats, words.

A recogniser whose times cannot be is still good for its words. They are kept, and settle nothing:
what they were said in is heard again after a break, and what is given twice is told by the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from skdictate.core.events import Final, Word
from skdictate.core.placed_words import NOWHERE, PlacedWord, between, spread
from skdictate.core.session import SLACK_MS, Session

ROUGH_S = 2.0
"""How far off a word may be of which only the place of the whole text is known; of a guess, twice
that besides all since the last."""
REPEAT_S = 0.3
"""The same text again after no more sound than this is no new one, even without times."""


MOST_TOLD = 1_000
"""Finals of a session that are remembered; it has fewer."""


def is_within(session: Session, time_ms: int) -> bool:
    """Whether a time lies in what the session was sent."""
    return -SLACK_MS <= time_ms <= session.format.ms(session.n_sent) + SLACK_MS


def is_possible(session: Session, final: Final) -> bool:
    """Whether its words can have been said there: after what is settled, and not in the future."""
    if not (is_within(session, final.start_ms) and is_within(session, final.end_ms)):
        return False
    if not final.text:
        return True
    is_told = bool(final.start_ms or final.end_ms or final.settled_ms)
    is_after = session.sample_at(final.end_ms) > session.ack - session.slack
    return is_told and is_after and final.start_ms <= final.end_ms + SLACK_MS


def is_repeated(session: Session, final: Final) -> bool:
    """Whether it was said before: the same words at the same time, or twice in a row."""
    key = (final.text, final.start_ms, final.end_ms)
    before = session.seen_finals.get(key)
    session.seen_finals[key] = (final.index, session.cursor)
    if len(session.seen_finals) > MOST_TOLD:
        del session.seen_finals[next(iter(session.seen_finals))]
    if before is None or not final.text:
        return False
    if final.is_timed and 0 <= final.start_ms < final.end_ms and is_possible(session, final):
        return True
    index, cursor = before
    is_at_once = session.cursor - cursor <= session.format.samples(REPEAT_S)
    return final.index == index and is_at_once and not session.is_pending


def n_before(words: Sequence[PlacedWord], position: int, doubt: int) -> int:
    """How many words come before the first that lies beyond a position; all, if it is in doubt."""
    beyond = (n for n, it in enumerate(words) if it.middle >= position and it.doubt <= doubt)
    return next(beyond, len(words))


def place_words(
    session: Session, final: Final, start: int, end: int, *, is_placed: bool, is_next: bool
) -> list[PlacedWord]:
    """Its words, and where each is, as well as that is known; none but in a text that has some.

    ``is_placed``: it may be where it says; ``is_next``: nothing is missing before it.
    """
    rough = session.format.samples(ROUGH_S)
    if not final.is_timed:
        return spread(final.text, start, end, max(0, end - session.ack) + 2 * rough)
    if not is_placed and not _is_late(session, final):
        return spread(final.text, start, end, NOWHERE)
    doubt = 0 if is_next else rough
    if not _has_places(session, final):
        first, last = sorted((session.sample_at(final.start_ms), session.sample_at(final.end_ms)))
        words = between(final.text, first, last, rough)
        return [replace(word, doubt=max(word.doubt, doubt)) for word in words]
    return [_said(session, word, doubt) for word in final.words]


def _said(session: Session, word: Word, doubt: int) -> PlacedWord:
    start, end = sorted((session.sample_at(word.start_ms), session.sample_at(word.end_ms)))
    return PlacedWord(word.text, start, end, doubt)


def _is_late(session: Session, final: Final) -> bool:
    """It may have been said before others that came first."""
    times = final.start_ms, final.end_ms
    return all(is_within(session, time) for time in times) and 0 < times[0] < times[1]


def _has_places(session: Session, final: Final) -> bool:
    """Whether it is told where each word is: in what was sent, and in order."""
    starts = [word.start_ms for word in final.words]
    is_ordered = all(a <= b + SLACK_MS for a, b in pairwise(starts))
    is_one_place = len(starts) > 1 and len(set(starts)) == 1
    times = (time for it in final.words for time in (it.start_ms, it.end_ms))
    is_possible_each = all(is_within(session, time) for time in times)
    return bool(starts) and is_ordered and is_possible_each and not is_one_place
