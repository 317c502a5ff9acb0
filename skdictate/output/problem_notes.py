"""What is wrong, for whoever dictates without a screen: said once, however often it happens.

While it lasts, a terminal's last line is rewritten; in a pipe it is said again now and then.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from skdictate.core.changes import Topic
from skdictate.errors import Problem
from skdictate.output.stderr_notes import StderrNotes

AGAIN_S = 30.0
"""In a pipe, the same is said no more often than that."""


class Trouble:
    """Told of each problem that is raised and cleared."""

    def __init__(self, notes: StderrNotes, now_s: Callable[[], float] = time.monotonic) -> None:
        self._notes = notes
        self._now_s = now_s
        self._said_s: dict[str, float] = {}
        """When each title was said last."""
        self._counts: Counter[str] = Counter()
        """How often each was raised since."""
        self._standing: dict[Topic, bool] = {}
        """For each topic where something is wrong, whether anything was said of it."""

    def raised(self, topic: Topic, problem: Problem) -> None:
        """Something is wrong, or has gone wrong once more."""
        title = problem.title
        self._counts[title] += 1
        is_standing = topic in self._standing
        if title not in self._said_s:
            self._say(title, str(problem))
        elif self._notes.is_rewriting and is_standing:
            self._notes.partial(f"{title}; {self._counts[title]} times so far")
            return
        elif self._now_s() - self._said_s[title] >= AGAIN_S:
            again = f"{title}; {self._counts[title]} times so far." if is_standing else str(problem)
            self._say(title, again)
        else:
            self._standing.setdefault(topic, False)
            return
        self._standing[topic] = True

    def cleared(self, topic: Topic) -> bool:
        """It works again; whether that is news to whoever reads this."""
        return self._standing.pop(topic, False)

    def _say(self, title: str, words: str) -> None:
        self._said_s[title] = self._now_s()
        self._notes.say(words)
