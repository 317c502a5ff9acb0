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


@dataclass(slots=True)
class Backoff:
    """Counts failures in a row and says how long to wait after each."""

    rng: random.Random = field(default_factory=random.Random)
    failures: int = 0
    n_vain: int = 0
    """Sessions in a row that were paid for and gave no words."""
    is_light: bool = False
    """A try that reaches nobody is no more than some packets."""
    first_s: float = FIRST_S

    def failed(self, least_s: float = 0.0, *, is_free: bool = False) -> float:
        """One more failure: the seconds to wait, between half and all of the present bound.

        ``is_free``: nobody was reached, so that nothing was paid for.
        """
        longest_s = self._free_s if is_free else LONGEST_S
        grown_s = self.first_s * FACTOR ** min(self.failures, SOON)
        bound_s = max(2 * least_s, min(longest_s, grown_s))
        self.failures += 1
        return bound_s * (0.5 + 0.5 * self.rng.random())

    def worked(self) -> None:
        """It works again: the next failure starts from the shortest wait."""
        self.failures = self.n_vain = 0

    @property
    def _free_s(self) -> float:
        """The longest wait where nobody was reached."""
        if self.is_light:
            return FREE_S if self.failures < MANY else RARE_S
        return SOON_S if self.failures < SOON else LONGEST_S
