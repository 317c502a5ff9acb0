"""Saves the page to a file, and tracks dictations that could not be saved in the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skdictate.app.worker_events import Ended, Saved
from skdictate.errors import Problem, ProblemError
from skdictate.output.formats import SUFFIXES
from skdictate.system.paths import expanded
from skdictate.text.clean_text import clean
from skdictate.tui.screens.save_screen import SaveScreen

if TYPE_CHECKING:
    from skdictate.tui.host import Host


class Saving:
    """Implements the key ``s``, and warns before unsaved text is lost."""

    def __init__(self, app: Host, leave: Callable[[], None]) -> None:
        self._app = app
        self._leave = leave
        self._unsaved: dict[int | None, Problem] = {}
        """Number of a dictation that is only in memory, to why it is not saved."""
        self._is_told = False
        """Whether the user was warned about unsaved text when quitting."""

    @property
    def unsaved(self) -> Problem | None:
        """Why a dictation is not saved; None if all are."""
        return next(iter(self._unsaved.values()), None)

    def ended(self, ended: Ended) -> None:
        """Note the end of a dictation, which may be unsaved."""
        problem = ended.outcome.problem
        if ended.is_unsaved and problem is not None:
            self._unsaved[ended.dictation_id] = problem
            self._is_told = False
            self.show()

    def saved(self, saved: Saved) -> None:
        """Note that an unsaved dictation has been saved after all."""
        number = saved.dictation_id if saved.dictation_id in self._unsaved else None
        self._unsaved.pop(number, None)
        self._app.main_screen.disk_said(self.unsaved)
        self._app.main_screen.saved(saved.dictation_id)
        screen = self._app.screen
        if isinstance(screen, SaveScreen) and screen.is_exiting and self.unsaved is None:
            screen.dismiss(None)  # its question is answered
        words = "Everything is saved now."
        if saved.dictation_id is not None:
            self._app.kept.append(saved.dictation_id)
            words = f"Dictation {saved.dictation_id} is now saved completely."
        self._app.notify(words, title="Saved", markup=False)

    def show(self) -> None:
        """Show the problem on the main screen if something is not saved."""
        if self.unsaved is not None:
            self._app.main_screen.disk_said(self.unsaved)

    # ------------------------------------------------------------------------- the page

    def save(self, path: str | None = "", *, is_exiting: bool = False) -> None:
        """Write the page to a file.

        Args:
            path: where to; if empty, where the settings say or in the working folder. None
                if the user cancelled.
            is_exiting: quit afterwards.
        """
        if path is None:
            return
        page, settings = self._app.main_screen.page, self._app.settings
        if path:
            page.saved_as = expanded(path)
        try:
            written = page.save(settings.format, settings.output)
        except ProblemError as error:
            problem = replace(error.problem, hint="") if self._unsaved else error.problem
            self._ask(str(problem), is_exiting=is_exiting)
            return
        if is_exiting:
            self._leave()
            return
        lines = "1 line" if page.n_lines == 1 else f"{page.n_lines} lines"
        self._app.notify(f"{lines} in {clean(str(written))}", title="Saved", markup=False)

    def report(self, origins: Mapping[str, str]) -> None:
        """Save a report about a bug, and say where it is; ``origins`` are those of the settings."""
        from skdictate.app import bug_report  # seldom needed

        path = bug_report.write(self._app.settings, origins)
        words = "No folder takes it." if path is None else f"Read it before you send it: {path}"
        self._app.notify(clean(words), title="Report", markup=False)

    def holds_back(self) -> bool:
        """Ask once where to save before quitting, if something is unsaved.

        Returns:
            Whether the app should not end yet.
        """
        if self.unsaved is None or self._is_told or self._app.main_screen.page.saved_as is not None:
            return False
        self._is_told = True
        self._ask(str(self.unsaved), is_exiting=True)
        return True

    def _ask(self, words: str, *, is_exiting: bool) -> None:
        page = self._app.main_screen.page
        page.saved_as = None
        name = f"dictation-{page.begun_at:%Y-%m-%d-%H%M%S}{SUFFIXES[self._app.settings.format]}"
        screen = SaveScreen(words, str(Path.home() / name), is_exiting=is_exiting)
        self._app.push_screen(screen, lambda path: self.save(path, is_exiting=is_exiting))
