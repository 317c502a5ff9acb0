"""How long to wait before the next try: growing, bounded, and different for each client."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

FIRST_S = 0.2
FACTOR = 1.6
"""gRPC's own connection back-off grows by this."""
LONGEST_S = 5.0
"""A person is waiting."""


@dataclass(slots=True)
class Backoff:
    """Counts failures in a row and says how long to wait after each."""

    rng: random.Random = field(default_factory=random.Random)
    failures: int = 0

    def failed(self, least_s: float = 0.0) -> float:
        """One more failure: the seconds to wait, between half and all of the present bound."""
        bound_s = max(2 * least_s, min(LONGEST_S, FIRST_S * FACTOR**self.failures))
        self.failures += 1
        return bound_s * (0.5 + 0.5 * self.rng.random())

    def worked(self) -> None:
        """It works again: the next failure starts from the shortest wait."""
        self.failures = 0
