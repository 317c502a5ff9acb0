"""Translates times of a sender's clock to times of ours.

The delay of sound is estimated: the quickest arrivals show how the clocks differ. Whether sound was
captured before or after a given moment has to be certain, as sound that is wrongly left out is
lost. So there are also strict bounds: an answer with a time of the other clock was sent after we
asked and before it arrived.

A machine's clock stops while the machine sleeps. So answers from before the capture give the
earliest possible time, and answers from after it give the latest.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

WINDOW_S = 60.0
"""Seconds after which the quickest arrival is forgotten, as clocks drift by milliseconds a
minute."""
BEST_OF = 60
"""How many recent answers are searched for the quickest one."""
MOST_ANSWERS = 20_000
"""Answers that are kept: a few hours of one a second."""


@dataclass(frozen=True, slots=True)
class ClockAnswer:
    """A time of the sender's clock, with our times of asking and of the answer. All in seconds."""

    theirs_s: float
    asked_s: float
    came_s: float

    def is_like(self, other: ClockAnswer) -> bool:
        """Whether both answers allow the same clock difference: no machine slept in between."""
        is_later = self.came_s - self.theirs_s < other.asked_s - other.theirs_s
        is_sooner = self.asked_s - self.theirs_s > other.came_s - other.theirs_s
        return not (is_later or is_sooner)


class ClockOffset:
    """The relation of two steady clocks, the sender's and ours, in seconds."""

    def __init__(self) -> None:
        self._since_s = float("-inf")
        self._best_s = self._best_before_s = float("inf")
        self._travel_s = 0.0
        self._answers: list[ClockAnswer] = []
        self._theirs_s: list[float] = []

    def add_answer(self, answer: ClockAnswer) -> None:
        """Add an answer; one that is older than the last is ignored."""
        if self._theirs_s and answer.theirs_s <= self._theirs_s[-1]:
            return
        took_s = answer.came_s - answer.asked_s
        self._travel_s = min(self._travel_s, took_s / 2) if self._answers else took_s / 2
        self._answers.append(answer)
        self._theirs_s.append(answer.theirs_s)
        if len(self._answers) > MOST_ANSWERS:
            del self._answers[: MOST_ANSWERS // 2], self._theirs_s[: MOST_ANSWERS // 2]

    def add_arrival(self, captured_s: float, now_s: float) -> float:
        """Note that sound captured at ``captured_s`` has arrived.

        Returns its estimated delay in seconds.
        """
        apart_s = now_s - captured_s
        if now_s - self._since_s > WINDOW_S:
            self._since_s = now_s
            self._best_before_s, self._best_s = self._best_s, apart_s
        self._best_s = min(self._best_s, apart_s)
        return apart_s - min(self._best_s, self._best_before_s) + self._travel_s

    def ours_s(self, captured_s: float, now_s: float) -> float:
        """The best estimate of a sender's time on our clock; ``now_s`` if nothing is known."""
        at = bisect_right(self._theirs_s, captured_s)
        answers = self._answers[max(0, at - BEST_OF) : at + 1]
        if not answers or captured_s <= 0:
            return now_s
        alike = [it for it in answers if it.is_like(answers[-1])]
        best = min(alike, key=lambda it: it.came_s - it.asked_s)
        return min(now_s, captured_s + (best.asked_s + best.came_s) / 2 - best.theirs_s)

    def earliest_s(self, captured_s: float) -> float:
        """A strict lower bound of a sender's time on our clock."""
        at = bisect_right(self._theirs_s, captured_s)
        if at == 0:
            return float("-inf")
        answer = self._answers[at - 1]
        return answer.asked_s + captured_s - answer.theirs_s

    def latest_s(self, captured_s: float) -> float:
        """A strict upper bound of a sender's time on our clock."""
        at = bisect_right(self._theirs_s, captured_s)
        if at == len(self._answers):
            return float("inf")
        answer = self._answers[at]
        return answer.came_s - (answer.theirs_s - captured_s)
