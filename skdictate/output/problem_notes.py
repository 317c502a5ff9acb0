"""Prints problems of a headless dictation without repeating itself.

A problem is printed once for each cause. While it lasts, a terminal shows a counter on its last
line; into a pipe it is printed again every ``AGAIN_S``.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable

from skdictate.core.changes import Topic
from skdictate.errors import Problem
from skdictate.output.stderr_notes import StderrNotes

AGAIN_S = 30.0
"""Shortest interval in which the same problem is printed again into a pipe."""
OF_RECOGNISER = frozenset({Topic.RECOGNISER, Topic.LINK})
"""Topics that are over together: the recogniser answers again only when neither stands."""
_NUMBER = re.compile(r"\d+")
"""What differs from one time to the next: a delay, an attempt, a port."""


class Trouble:
    """Prints problems when they are raised, and keeps count."""

    def __init__(self, notes: StderrNotes, now_s: Callable[[], float] = time.monotonic) -> None:
        self._notes = notes
        self._now_s = now_s
        self._said_s: dict[str, float] = {}
        """When a problem of each title and detail, without its numbers, was last printed."""
        self._counts: Counter[str] = Counter()
        """How often each was raised."""
        self._standing: dict[Topic, bool] = {}
        """Topics with a present problem, and whether it was printed."""

    def raised(self, topic: Topic, problem: Problem) -> None:
        """Note a problem, and print it unless it was printed recently."""
        title = problem.title
        key = _NUMBER.sub("", f"{title}: {problem.detail}")
        self._counts[title] += 1
        is_standing = topic in self._standing
        if key not in self._said_s:
            self._say(key, str(problem))
        elif self._notes.is_rewriting and is_standing:
            self._notes.partial(f"{title}; {self._counts[title]} times so far")
            return
        elif self._now_s() - self._said_s[key] >= AGAIN_S:
            again = f"{title}; {self._counts[title]} times so far." if is_standing else str(problem)
            self._say(key, again)
        else:
            self._standing.setdefault(topic, False)
            return
        self._standing[topic] = True

    def cleared(self, topic: Topic) -> bool:
        """Note that a problem is over.

        Returns:
            Whether it had been printed; False while another problem of the recogniser stands,
            which then takes its place.
        """
        was_said = self._standing.pop(topic, False)
        others = OF_RECOGNISER & self._standing.keys() if topic in OF_RECOGNISER else set()
        for other in others:
            self._standing[other] |= was_said
        return was_said and not others

    def _say(self, key: str, words: str) -> None:
        self._said_s[key] = self._now_s()
        self._notes.say(words)
