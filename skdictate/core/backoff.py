"""How long to wait before the next try: growing, bounded, and different for each client."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

FIRST_S = 0.2
FACTOR = 1.6
"""gRPC's own connection back-off grows by this."""
LONGEST_S = 5.0
"""A person is waiting."""
SOON_S = 2.0
"""The longest wait where a try costs nothing, since nobody answered so far ..."""
SOON = 30
"""... for this many tries: a network that comes back is found sooner than a server that does."""
FREE_S, MANY, RARE_S = 0.8, 100, 2.0
"""The same where a try is no more than a name and a connection that is not made, some packets: for
about a minute the words may come again at once, and then nearly so."""
DEAR_S, DEAREST_S = 2.0, 150.0
"""After the second session that was paid for and settled nothing, wait this long at least, after
each more twice as long, up to this: were all in vain, they would cost a tenth of the time that
passes. Where the network is at fault ..."""
FLAPS, FLAPPING_S = 5, 30.0
"""... it is waited so only after so many, for it may be well the next time; and no longer than
this, which costs no more than half of what a session costs that works."""


@dataclass(slots=True)
class Backoff:
    """Counts failures in a row and says how long to wait after each."""

    rng: random.Random = field(default_factory=random.Random)
    failures: int = 0
    n_vain: int = 0
    """Sessions in a row that were paid for and gave no words."""
    n_unsettled: int = 0
    """Sessions in a row that were paid for and settled nothing, whatever they said."""
    is_light: bool = False
    """A try that reaches nobody is no more than some packets."""
    first_s: float = FIRST_S

    def next_wait_s(self, least_s: float = 0.0, *, is_free: bool = False) -> float:
        """One more failure: the seconds to wait, between half and all of the present bound.

        ``is_free``: nobody was reached, so that nothing was paid for.
        """
        longest_s = self._free_s if is_free else LONGEST_S
        grown_s = self.first_s * FACTOR ** min(self.failures, SOON)
        bound_s = max(2 * least_s, min(longest_s, grown_s))
        self.failures += 1
        return bound_s * (0.5 + 0.5 * self.rng.random())

    def least_wait_s(self, *, is_network: bool) -> float:
        """How long the next session is put off at least, since those before were money for nothing.

        ``is_network``: the last one was lost on its way, and not ended by the recogniser.
        """
        n = self.n_unsettled - (FLAPS if is_network else 1)
        if n <= 0:
            return 0.0
        longest_s = FLAPPING_S if is_network else DEAREST_S
        return float(min(longest_s, DEAR_S * 2 ** min(n - 1, SOON)))

    def reset(self) -> None:
        """It works again: the next failure starts from the shortest wait."""
        self.failures = self.n_vain = self.n_unsettled = 0

    @property
    def _free_s(self) -> float:
        """The longest wait where nobody was reached."""
        if self.is_light:
            return FREE_S if self.failures < MANY else RARE_S
        return SOON_S if self.failures < SOON else LONGEST_S
