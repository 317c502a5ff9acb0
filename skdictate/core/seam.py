"""Where two sessions have heard the same sound: which words of the later one are new.

Times of a recogniser are some tenths of a second off, so that a cut by place alone loses a word or
doubles one. Both have heard the words around the cut, though. The words that both gave are found by
aligning the two readings: the same words, in the same order, about the same place. What follows the
last word that stands in the transcript is new. Only where the two disagree about the words does
place decide, with the difference that the aligned words show between the clocks of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from skdictate.core.placed_words import NOWHERE, PlacedWord

SLACK_S = 0.75
"""Two readings of one word may lie so far apart: each is up to 0.3 s off, in either direction."""
EARLY_S = 0.6
"""A word that was not found in the other reading, and lies so far before its end, is no new one."""
ODD = 0.4
"""What a word that only one reading has costs; a word that both have is worth 1."""
OFF_S = 0.3
"""Times of a recogniser are so far off, in either direction."""
LEAST = 0.9
"""What an alignment must be worth: a word, if nothing speaks against it."""
MOST_ODD = 3
"""Words before the first that both have: of a word, the later session may have heard the end."""
MISSES = 2
"""After so many texts that share no word with what was given before, nothing more of it comes."""
MOST_WORDS = 200
"""Of a text, that are aligned."""

Pair = tuple[int, int]
"""The index of a word in the earlier reading, and in the later one."""


@dataclass(slots=True)
class Seam:
    """One session's words against those that were given ``before``, in order."""

    session_number: int
    before: list[PlacedWord]
    rate_hz: int
    first: int = -1
    """Where the later session's audio begins; -1 if nobody knows."""
    _misses: int = field(init=False, default=0)
    _is_begun: bool = field(init=False, default=False)
    """A text of the later session was seen."""

    def n_repeated(self, words: Sequence[PlacedWord]) -> int:
        """How many words at the beginning of these were given before; asked once for each text."""
        n_halved = 0 if self._is_begun else self._n_halved(words)
        self._is_begun = True
        return n_halved + self._n_aligned(words[n_halved:])

    def _n_aligned(self, words: Sequence[PlacedWord]) -> int:
        n_kept = sum(it.is_kept for it in self.before)
        if not n_kept or not words:
            return 0
        words = words[:MOST_WORDS]
        pairs = _aligned(self.before, words, round(SLACK_S * self.rate_hz))
        kept = [pair for pair in pairs if pair[0] < n_kept]
        n_left = next((j for i, j in pairs if i >= n_kept), len(words))
        if kept:
            found, at = kept[-1]
            n_old = at + 1 + self._n_between(words, kept[-1], n_left, n_kept)
            is_over = n_old < len(words) or found + 1 == n_kept
            self.before = [] if is_over else self.before[found + 1 :]
            return n_old
        n_old = self._n_early(words[:n_left], self.before[n_kept - 1])
        self._misses += 1
        if self._misses >= MISSES or n_left < len(words):
            self.before = []
        return n_old

    def _n_between(self, words: Sequence[PlacedWord], last: Pair, n_left: int, n_kept: int) -> int:
        """Words after the last that both have, and before the end of the earlier reading."""
        found, at = last
        shift = words[at].middle - self.before[found].middle
        n_most = n_kept - 1 - found
        between = words[at + 1 : min(n_left, at + 1 + n_most)]
        return _n_before(between, self.before[n_kept - 1], shift)

    def _n_early(self, words: Sequence[PlacedWord], last: PlacedWord) -> int:
        return _n_before(words, last, -round(EARLY_S * self.rate_hz))

    def _n_halved(self, words: Sequence[PlacedWord]) -> int:
        """1 if the first word is the end of a given one, inside which the audio begins; else 0.

        Of a word that was given or left itself, the alignment decides.
        """
        off = round(OFF_S * self.rate_hz)
        if self.first < 0 or not words or words[0].start > self.first + off:
            return 0
        if any(it.key == words[0].key for it in self.before):
            return 0
        placed = (it for it in self.before if it.is_kept and it.doubt < NOWHERE)
        return int(any(it.start - off < self.first < it.end + off for it in placed))


def _n_before(words: Sequence[PlacedWord], last: PlacedWord, shift: int) -> int:
    """How many words lie no later than another, as far as places are known at all."""
    count = 0
    for word in words:
        if word.middle + word.doubt > last.middle - last.doubt + shift:
            break
        count += 1
    return count


def _aligned(before: Sequence[PlacedWord], words: Sequence[PlacedWord], slack: int) -> list[Pair]:
    """The words that both have: from anywhere in the earlier reading, and the later one's begin."""
    keys, later = [it.key for it in before], [it.key for it in words]
    n = len(words)
    rows = [[-ODD * j if j <= MOST_ODD else float("-inf") for j in range(n + 1)]]
    best, at = 0.0, (0, 0)
    for i, one in enumerate(before):
        above, row = rows[-1], [0.0]
        for j in range(n):
            same = _worth(one, words[j], slack) if keys[i] == later[j] else -ODD
            row.append(max(above[j] + same, above[j + 1] - ODD, row[j] - ODD))
            if row[-1] > best:
                best, at = row[-1], (i + 1, j + 1)
        rows.append(row)
    return _traced(rows, at, before, words, slack) if best >= LEAST else []


def _traced(
    rows: list[list[float]],
    at: Pair,
    before: Sequence[PlacedWord],
    words: Sequence[PlacedWord],
    slack: int,
) -> list[Pair]:
    """The pairs of equal words on the way that led to the best alignment, in order."""
    pairs: list[Pair] = []
    i, j = at
    while i and j:
        one, other = before[i - 1], words[j - 1]
        worth = _worth(one, other, slack) if one.key == other.key else -ODD
        if rows[i][j] == rows[i - 1][j - 1] + worth:
            i, j = i - 1, j - 1
            if worth > 0:
                pairs.append((i, j))
        elif rows[i][j] == rows[i - 1][j] - ODD:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _worth(one: PlacedWord, other: PlacedWord, slack: int) -> float:
    """What it is worth to take two equal words for the same: less the farther they are apart."""
    far = abs(one.middle - other.middle) / (slack + one.doubt + other.doubt)
    return 1.0 - far / 20 if far <= 1 else -ODD
