"""Controller of past dictations: reprocesses, exports and deletes them, and opens their list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from skdictate.app.reprocess_queue import (
    ReprocessCrashed,
    Reprocessed,
    ReprocessOrder,
    ReprocessQueue,
    ReprocessRefused,
    UnfinishedFound,
    Word,
)
from skdictate.core.repaired_ranges import Part
from skdictate.errors import Problem, ProblemError
from skdictate.library.reprocess_ranges import TextSelection
from skdictate.library.unfinished import Found
from skdictate.output.unfinished_text import removed
from skdictate.text.clean_text import clean
from skdictate.tui.messages import ReprocessMessage

if TYPE_CHECKING:
    from skdictate.app.factory import Factory
    from skdictate.app.reprocess_report import ReprocessReport
    from skdictate.settings.config import Settings
    from skdictate.tui.host import Host


class PastDictations:
    """Holds what is unfinished, and gives orders to the reprocessing queue."""

    def __init__(self, app: Host, factory_for: Callable[[Settings], Factory]) -> None:
        self.found = Found()
        """Dictations with recorded sound that is not recognised yet."""
        self._app = app
        self.reprocess_queue = ReprocessQueue(app.paths, factory_for, lambda word: self._post(word))

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._app.settings

    @property
    def engine(self) -> str:
        """The recogniser in force, as text for a person."""
        return self._app.main_screen.engine

    @property
    def has_work(self) -> bool:
        """Whether something is being reprocessed, or could be."""
        return self.reprocess_queue.is_busy or bool(self.found.unfinished)

    def handle(self, word: Word) -> None:
        """Handle an event of the reprocessing queue.

        Raises:
            Exception: the queue's thread failed unexpectedly; its exception is raised here.
        """
        match word:
            case UnfinishedFound(found):
                self.found = found
                self._app.refresh_bindings()
                if words := removed(found):
                    self.notify("Deleted", f"{words}.")
            case Reprocessed(report):
                self.notify(*_summary(report))
                self.check_library()
                self.refresh_screens()
            case ReprocessRefused(problem):
                self.notify_problem(problem)
            case ReprocessCrashed(error):
                raise error

    def check_library(self) -> None:
        """Look for unfinished dictations in the background, and recover damaged ones."""
        self.reprocess_queue.check_library(self.settings)

    def refresh_screens(self) -> None:
        """Reload the open screens that show past dictations."""
        from skdictate.tui.screens.history_screen import HistoryScreen
        from skdictate.tui.screens.past_dictation_screen import PastDictationScreen

        for screen in self._app.screen_stack:
            if isinstance(screen, PastDictationScreen | HistoryScreen):
                screen.renew()

    def recognise(self) -> None:
        """Recognise all unfinished dictations; if that is in progress, stop it."""
        if self.reprocess_queue.is_busy:
            self.reprocess_queue.stop()
        else:
            orders = [
                ReprocessOrder(it.dictation_id, TextSelection.missing)
                for it in self.found.unfinished
            ]
            self.reprocess_queue.submit(self.settings, *orders)

    def recognise_again(self, number: int, parts: Sequence[Part]) -> None:
        """Recognise parts of a dictation again, since their sound was repaired afterwards."""
        if parts:
            order = ReprocessOrder(number, lambda text: text.parts(parts))
            self.reprocess_queue.submit(self.settings, order)

    def browse(self) -> None:
        """Open the list of past dictations."""
        from skdictate.tui.screens.history_screen import HistoryScreen

        self._app.push_screen(HistoryScreen(self))

    def export(self, number: int) -> None:
        """Write a dictation's text to a file in the working folder, and notify the user."""
        try:
            path = self.reprocess_queue.archive.export(number, self.settings.format)
        except ProblemError as error:
            self.notify_problem(error.problem)
        else:
            self.notify("Saved", f"Dictation {number} is in {clean(str(path))}")

    def delete(self, number: int) -> bool:
        """Delete a dictation, sound and text; returns whether it is gone."""
        try:
            gone = self.reprocess_queue.archive.delete([number])
        except ProblemError as error:
            self.notify_problem(error.problem)
            return False
        if gone.in_use:
            self.notify("Not deleted", f"Dictation {number} is in use.")
        elif gone.has_traces:
            words = "Traces in the journal will be removed when the other skdictate ends."
            self.notify("Deleted", words)
        self.check_library()
        return not gone.in_use

    def notify(self, title: str, words: str) -> None:
        """Show a notification."""
        self._app.notify(words, title=title, markup=False)

    def notify_problem(self, problem: Problem) -> None:
        """Show a problem as a notification."""
        words = f"{problem.detail}. {problem.hint}" if problem.detail else problem.hint
        self._app.notify(words, title=problem.title, severity="error", markup=False)

    def _post(self, word: Word) -> None:
        """Pass an event on to the app's thread."""
        self._app.post_message(ReprocessMessage(word))


def _summary(report: ReprocessReport) -> tuple[str, str]:
    """Title and text of the notification about a finished order."""
    title = f"Dictation {report.dictation_id}"
    lines = "1 line" if len(report.lines) == 1 else f"{len(report.lines)} lines"
    words = f"{lines} recognised." if report.n_replaced else "Nothing was changed."
    if report.problem is not None:
        words += f" {report.problem}"
    elif not report.has_sound:
        words += " Its recording was removed."
    return title, words
