"""Decides when to attempt a connection, and when to start a second attempt.

Has no clock of its own.

A stalled connection may recover first, and so may a login that began before the network failed; or
either may hang for minutes. So the oldest attempt may go on for as long as it likes, and there is
always a recent one beside it.
"""

from __future__ import annotations

from skdictate.core.backoff import Backoff

FRESH_S = 1.0
"""Seconds after which an attempt may hang, so that another one is started."""
LOGINS = 2.0
"""The same in multiples of the last successful attempt, for networks where logins take long."""
MANY, RARE_S = 100, 5.0
"""After this many failures, attempts start this many seconds apart: the other side may count
them."""
AT_ONCE = 2
"""How many attempts run at once: the oldest and a recent one."""
FIRST_RETRY_S = 0.1


class Retries:
    """Attempts have numbers; all times are seconds of one steady clock."""

    def __init__(self) -> None:
        self.n_vain = 0
        """Failed attempts since the last success, counting the end of that connection."""
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
        """When to start the next attempt.

        While one is running: never, unless ``is_wide`` allows parallel ones.
        """
        if not self._began_s:
            return self._rest_until_s
        if not is_wide:
            return float("inf")
        fresh_s = max(FRESH_S if self.n_vain < MANY else RARE_S, LOGINS * self._took_s)
        return max(self._rest_until_s, self._newest_s + fresh_s)

    @property
    def surplus(self) -> int | None:
        """The attempt to drop for a new one: never the oldest."""
        return max(self._began_s) if len(self._began_s) >= AT_ONCE else None

    def begin(self, now_s: float) -> int:
        """Start an attempt and return its number."""
        self._number += 1
        self._began_s[self._number] = now_s
        return self._number

    def drop(self, number: int) -> None:
        """Drop an attempt, whatever would have become of it."""
        self.n_vain += 1
        self._began_s.pop(number, None)

    def failed(self, number: int, now_s: float, *, is_reached: bool = False) -> None:
        """An attempt failed, or its connection ended: wait before the next one.

        The wait is short where nobody was reached, who could mind it.
        """
        self.drop(number)
        rest_s = self._backoff.next_wait_s(is_free=True)
        if not is_reached and self.n_vain < MANY:
            rest_s = min(rest_s, FRESH_S)
        self._rest_until_s = now_s + rest_s

    def worked(self, number: int, now_s: float) -> None:
        """An attempt has succeeded."""
        self._took_s = now_s - self._began_s.pop(number)
        self._backoff.reset()
        self.reset()

    def reset(self) -> None:
        """There is a connection, by an attempt or otherwise."""
        self.n_vain = 0
        self._rest_until_s = float("-inf")

    def retry_now(self) -> None:
        """Attempt again at once."""
        self._rest_until_s = float("-inf")

    @property
    def _newest_s(self) -> float:
        return self._began_s[max(self._began_s)]
