"""When sound was captured, by our clock, though it was told by another one.

How late it is, is a guess: sound that came without delay tells how the clocks differ. Whether it
was captured before or after a moment has to be certain, since what is wrongly left out is lost. So
both bounds of that are kept: a question that is answered with a time of the other clock was
answered after it was asked, and before the answer came.

A machine that sleeps stops its clock. So an answer from before the capture tells of the earliest,
and one from afterwards of the latest moment that it may have been.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

WINDOW_S = 60.0
"""The best of this time and of as much before: clocks part by milliseconds a minute."""
BEST_OF = 60
"""The quickest of so many answers tells how the clocks differ."""
MOST_ANSWERS = 20_000
"""Some hours of them, one a second."""


@dataclass(frozen=True, slots=True)
class ClockAnswer:
    """A time of the sender's clock, and between which of ours it was."""

    theirs_s: float
    asked_s: float
    came_s: float

    def is_like(self, other: ClockAnswer) -> bool:
        """Whether the clocks may differ by the same: since then nobody has slept."""
        is_later = self.came_s - self.theirs_s < other.asked_s - other.theirs_s
        is_sooner = self.asked_s - self.theirs_s > other.came_s - other.theirs_s
        return not (is_later or is_sooner)


class ClockOffset:
    """Two steady clocks, in seconds: the sender's and ours."""

    def __init__(self) -> None:
        self._since_s = float("-inf")
        self._best_s = self._best_before_s = float("inf")
        self._travel_s = 0.0
        self._answers: list[ClockAnswer] = []
        self._theirs_s: list[float] = []

    def answered(self, answer: ClockAnswer) -> None:
        """The sender has told the time; what does not follow the answers before is passed over."""
        if self._theirs_s and answer.theirs_s <= self._theirs_s[-1]:
            return
        took_s = answer.came_s - answer.asked_s
        self._travel_s = min(self._travel_s, took_s / 2) if self._answers else took_s / 2
        self._answers.append(answer)
        self._theirs_s.append(answer.theirs_s)
        if len(self._answers) > MOST_ANSWERS:
            del self._answers[: MOST_ANSWERS // 2], self._theirs_s[: MOST_ANSWERS // 2]

    def heard(self, captured_s: float, now_s: float) -> float:
        """Sound has come; how long it was on its way, in seconds, as far as that can be told."""
        apart_s = now_s - captured_s
        if now_s - self._since_s > WINDOW_S:
            self._since_s = now_s
            self._best_before_s, self._best_s = self._best_s, apart_s
        self._best_s = min(self._best_s, apart_s)
        return apart_s - min(self._best_s, self._best_before_s) + self._travel_s

    def ours_s(self, captured_s: float, now_s: float) -> float:
        """When it was by our clock, as well as that can be told: now, where nothing is known."""
        at = bisect_right(self._theirs_s, captured_s)
        answers = self._answers[max(0, at - BEST_OF) : at + 1]
        if not answers or captured_s <= 0:
            return now_s
        alike = [it for it in answers if it.is_like(answers[-1])]
        best = min(alike, key=lambda it: it.came_s - it.asked_s)
        return min(now_s, captured_s + (best.asked_s + best.came_s) / 2 - best.theirs_s)

    def earliest_s(self, captured_s: float) -> float:
        """A time of the sender's clock was certainly not before this one of ours."""
        at = bisect_right(self._theirs_s, captured_s)
        if at == 0:
            return float("-inf")
        answer = self._answers[at - 1]
        return answer.asked_s + captured_s - answer.theirs_s

    def latest_s(self, captured_s: float) -> float:
        """And certainly not after this one."""
        at = bisect_right(self._theirs_s, captured_s)
        if at == len(self._answers):
            return float("inf")
        answer = self._answers[at]
        return answer.came_s - (answer.theirs_s - captured_s)
