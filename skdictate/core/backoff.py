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


@dataclass(slots=True)
class Backoff:
    """Counts failures in a row and says how long to wait after each."""

    rng: random.Random = field(default_factory=random.Random)
    failures: int = 0
    first_s: float = FIRST_S

    def failed(self, least_s: float = 0.0, *, is_free: bool = False) -> float:
        """One more failure: the seconds to wait, between half and all of the present bound.

        ``is_free``: nobody was reached, so that nothing was paid for.
        """
        longest_s = SOON_S if is_free and self.failures < SOON else LONGEST_S
        grown_s = self.first_s * FACTOR ** min(self.failures, SOON)
        bound_s = max(2 * least_s, min(longest_s, grown_s))
        self.failures += 1
        return bound_s * (0.5 + 0.5 * self.rng.random())

    def worked(self) -> None:
        """It works again: the next failure starts from the shortest wait."""
        self.failures = 0
