"""The half of the app that is about dictations of before: what is unfinished, and all others."""

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
from skdictate.tui.messages import Noted

if TYPE_CHECKING:
    from skdictate.app.factory import Factory
    from skdictate.app.reprocess_report import ReprocessReport
    from skdictate.settings.config import Settings
    from skdictate.tui.host import Host


class PastDictations:
    """What is known of them on this side, and the keys' commands to the other."""

    def __init__(self, app: Host, factory_for: Callable[[Settings], Factory]) -> None:
        self.found = Found()
        """What could be recognised yet."""
        self._app = app
        self.room = ReprocessQueue(app.paths, factory_for, lambda word: self._tell(word))

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._app.settings

    @property
    def engine(self) -> str:
        """Who recognises, as things are set; for a person."""
        return self._app.main_screen.engine

    @property
    def has_work(self) -> bool:
        """Something could be recognised, or is being."""
        return self.room.is_busy or bool(self.found.unfinished)

    def hear(self, word: Word) -> None:
        """Something was said in the back room."""
        match word:
            case UnfinishedFound(found):
                self.found = found
                self._app.refresh_bindings()
                if words := removed(found):
                    self.say("Removed", f"{words}.")
            case Reprocessed(report):
                self.say(*_told(report))
                self.look()
                self.renew()
            case ReprocessRefused(problem):
                self.refuse(problem)
            case ReprocessCrashed(error):
                raise error

    def look(self) -> None:
        """See how things stand, and put right what was killed."""
        self.room.look(self.settings)

    def renew(self) -> None:
        """Show what is there now, if it is looked at."""
        from skdictate.tui.screens.history_screen import HistoryScreen
        from skdictate.tui.screens.past_dictation_screen import PastDictationScreen

        for screen in self._app.screen_stack:
            if isinstance(screen, PastDictationScreen | HistoryScreen):
                screen.renew()

    def recognise(self) -> None:
        """Recognise all that is unfinished; or stop that, if it is being done."""
        if self.room.is_busy:
            self.room.stop()
        else:
            orders = [
                ReprocessOrder(it.dictation_id, TextSelection.missing)
                for it in self.found.unfinished
            ]
            self.room.order(self.settings, *orders)

    def recognise_again(self, number: int, parts: Sequence[Part]) -> None:
        """Those parts of a dictation, whose sound came better after they were recognised."""
        if parts:
            self.room.order(self.settings, ReprocessOrder(number, lambda text: text.parts(parts)))

    def browse(self) -> None:
        """Look at all of them."""
        from skdictate.tui.screens.history_screen import HistoryScreen

        self._app.push_screen(HistoryScreen(self))

    def export(self, number: int) -> None:
        """Write the text of one to a file of the working folder."""
        try:
            path = self.room.archive.export(number, self.settings.format)
        except ProblemError as error:
            self.refuse(error.problem)
        else:
            self.say("Saved", f"Dictation {number} is in {clean(str(path))}")

    def delete(self, number: int) -> bool:
        """Remove one with all traces; whether it has gone."""
        try:
            gone = self.room.archive.delete([number])
        except ProblemError as error:
            self.refuse(error.problem)
            return False
        if gone.in_use:
            self.say("Not deleted", f"Dictation {number} is in use.")
        elif gone.has_traces:
            self.say("Deleted", "Traces in the journal go when the other skdictate ends.")
        self.look()
        return not gone.in_use

    def say(self, title: str, words: str) -> None:
        """Tell the user something."""
        self._app.notify(words, title=title, markup=False)

    def refuse(self, problem: Problem) -> None:
        """Tell the user what is wrong."""
        words = f"{problem.detail}. {problem.hint}" if problem.detail else problem.hint
        self._app.notify(words, title=problem.title, severity="error", markup=False)

    def _tell(self, word: Word) -> None:
        """From one of its threads."""
        self._app.post_message(Noted(word))


def _told(report: ReprocessReport) -> tuple[str, str]:
    """What came of it."""
    title = f"Dictation {report.dictation_id}"
    lines = "1 line" if len(report.lines) == 1 else f"{len(report.lines)} lines"
    words = f"{lines} recognised." if report.n_replaced else "Nothing was changed."
    if report.problem is not None:
        words += f" {report.problem}"
    elif not report.has_sound:
        words += " Its recording is removed."
    return title, words
