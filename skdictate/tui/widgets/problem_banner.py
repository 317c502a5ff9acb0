"""The banner that shows the present problem and its remedy."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from skdictate.core.changes import Change, ProblemCleared, ProblemRaised, Topic
from skdictate.errors import Kind, Problem


class ProblemBanner(Widget):
    """Shows the most severe present problem; hidden while there is none."""

    problem: reactive[Problem | None] = reactive(None, layout=True)
    retry_in_s: reactive[int | None] = reactive(None)

    def __init__(self) -> None:
        super().__init__()
        self._standing: dict[Topic, Problem] = {}

    def apply(self, change: Change) -> None:
        """Note a problem that a change raises or clears."""
        match change:
            case ProblemRaised(topic, problem):
                self.raised(topic, problem)
            case ProblemCleared(topic):
                self.cleared(topic)

    def raised(self, topic: Topic, problem: Problem) -> None:
        """Note a problem; it replaces an earlier one of its topic."""
        self._standing[topic] = problem
        self._choose()

    def cleared(self, topic: Topic) -> None:
        """Note that the problem of a topic is over."""
        self._standing.pop(topic, None)
        self._choose()

    def forget(self) -> None:
        """Drop all problems."""
        self._standing.clear()
        self._choose()

    def stands(self, topic: Topic) -> bool:
        """Whether there is a problem of this topic."""
        return topic in self._standing

    def _choose(self) -> None:
        self.problem = next((self._standing[t] for t in Topic if t in self._standing), None)
        self.set_class(self.problem is not None, "-standing")

    def render(self) -> RenderResult:
        """What can be done comes before the identifiers for support: only a few rows are shown."""
        if self.problem is None:
            return Content("")
        pieces: list[str | tuple[str, str]] = [
            ("! ", "bold $text-error"),
            (self.problem.title, "bold"),
        ]
        if self.problem.detail:
            pieces.append(f": {self.problem.detail}")
        if not self.problem.detail.endswith((".", "!", "?")):
            pieces.append(".")
        if self.problem.hint:
            pieces.append(f" {self.problem.hint}")
        if self.problem.kind is Kind.CREDENTIALS:
            pieces.append((" Press k to sign in with a key.", "bold"))
        if self.retry_in_s is not None:
            pieces.append((f" Next try in {self.retry_in_s} s, or press r.", "bold"))
        if self.problem.support:
            pieces.append(f" For support: {self.problem.support}.")
        return Content.assemble(*pieces)
