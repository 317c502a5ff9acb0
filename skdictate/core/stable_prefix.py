"""Tells the part of a partial that has come to rest from the part that still changes."""

from __future__ import annotations

from dataclasses import dataclass, field

CONFIRMATIONS = 2
"""A word is at rest after this many new partials have kept it ..."""
REST_S = 0.6
"""... and has stood for this long."""
_PUNCTUATION = ".,!?;:…\"'"


@dataclass(slots=True)
class _Word:
    key: str
    since_s: float
    confirmations: int = 0


@dataclass(slots=True)
class StablePrefix:
    """Follows the partials of one utterance."""

    _words: list[_Word] = field(default_factory=list)

    def split(self, text: str, now_s: float) -> tuple[str, str]:
        """The new partial as (stable, changing); the two joined by a space are its words."""
        words = text.split()
        seen: list[_Word] = []
        for index, word in enumerate(words):
            key = word.strip(_PUNCTUATION).casefold()
            before = self._words[index] if index < len(self._words) else None
            if before is not None and before.key == key:
                before.confirmations += 1
                seen.append(before)
            else:
                seen.append(_Word(key, now_s))
        self._words = seen
        n = self._n_stable(now_s)
        return " ".join(words[:n]), " ".join(words[n:])

    def _n_stable(self, now_s: float) -> int:
        """How many words from the left are at rest."""
        for index, word in enumerate(self._words):
            if word.confirmations < CONFIRMATIONS or now_s - word.since_s < REST_S:
                return index
        return len(self._words)
