"""When a line is tried, and when a fresh one beside those that hang. No clock of its own.

A line that stands still may be the first to go on, and so may a login that began before the network
went; or either may hang for minutes after it is back. So the eldest try is given all the time that
it wants, and beside it there is always one that is fresh.
"""

from __future__ import annotations

from skdictate.core.backoff import Backoff

FRESH_S = 1.0
"""A try that has not succeeded by then may hang: another one is begun ..."""
LOGINS = 2.0
"""... or by then, in times of what the last one took: where logins take long, they are let."""
MANY, RARE_S = 100, 5.0
"""After so many in vain a fresh one is begun as seldom as that: somebody may count them there."""
AT_ONCE = 2
"""The eldest, and a fresh one."""
FIRST_RETRY_S = 0.1


class Retries:
    """Tries are known by their numbers; all times are of one steady clock."""

    def __init__(self) -> None:
        self.n_vain = 0
        """Tries that came to nothing since one has succeeded, the end of that one among them."""
        self._backoff = Backoff(first_s=FIRST_RETRY_S)
        self._began_s: dict[int, float] = {}
        self._number = 0
        self._rest_until_s = float("-inf")
        self._took_s = 0.0

    def __len__(self) -> int:
        return len(self._began_s)

    def __contains__(self, number: int) -> bool:
        return number in self._began_s

    def due_s(self, *, is_wide: bool) -> float:
        """When the next one is to begin; never while one is under way, unless the road is wide."""
        if not self._began_s:
            return self._rest_until_s
        if not is_wide:
            return float("inf")
        fresh_s = max(FRESH_S if self.n_vain < MANY else RARE_S, LOGINS * self._took_s)
        return max(self._rest_until_s, self._newest_s + fresh_s)

    @property
    def surplus(self) -> int | None:
        """The one that gives way to another: never the eldest."""
        return max(self._began_s) if len(self._began_s) >= AT_ONCE else None

    def begin(self, now_s: float) -> int:
        """Another one begins; its number."""
        self._number += 1
        self._began_s[self._number] = now_s
        return self._number

    def drop(self, number: int) -> None:
        """It was given up, whatever it would have come to."""
        self.n_vain += 1
        self._began_s.pop(number, None)

    def failed(self, number: int, now_s: float, *, is_reached: bool = False) -> None:
        """It came to nothing by itself, or to an end later: the next one waits for a while.

        Not for long where nobody was reached, who could mind it.
        """
        self.drop(number)
        rest_s = self._backoff.next_wait_s(is_free=True)
        if not is_reached and self.n_vain < MANY:
            rest_s = min(rest_s, FRESH_S)
        self._rest_until_s = now_s + rest_s

    def worked(self, number: int, now_s: float) -> None:
        """It has succeeded, and is no try any more."""
        self._took_s = now_s - self._began_s.pop(number)
        self._backoff.reset()
        self.needless()

    def needless(self) -> None:
        """There is a line, whether by a try or not."""
        self.n_vain = 0
        self._rest_until_s = float("-inf")

    def hurry(self) -> None:
        """Somebody thinks that it works now."""
        self._rest_until_s = float("-inf")

    @property
    def _newest_s(self) -> float:
        return self._began_s[max(self._began_s)]
