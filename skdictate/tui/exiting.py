"""Ends the app with the right exit code.

A key, a signal, the loss of the terminal and the end of a dictation can all end it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skdictate.errors import Exit

if TYPE_CHECKING:
    from skdictate.tui.host import Host
    from skdictate.tui.saving import Saving

LEAVE_S = 5.0
"""How long to wait for the last finals when the user quits during a dictation."""


class Exiting:
    """Finishes a running dictation before it ends the app."""

    def __init__(self, app: Host, saving: Saving) -> None:
        self.failure = Exit.DONE
        """Exit code of the reason why no dictation could begin."""
        self._app = app
        self._saving = saving
        self._is_asked = False
        """Whether the app ends as soon as the dictation has ended."""
        self._code = Exit.DONE

    def by_key(self) -> None:
        """Quit in good order; at once if called a second time."""
        self.leave(Exit.DONE, is_urgent=self._is_asked)

    def leave(self, code: Exit, *, is_urgent: bool = False) -> None:
        """End the app with an exit code.

        Args:
            code: exit code; ``DONE`` if the user quits.
            is_urgent: do not wait for the last finals of a running dictation.
        """
        if not self._app.dictation_control.is_dictating:
            if code or not self._saving.holds_back():
                self.now(code)
        elif is_urgent:
            self._app.worker.abandon()
        elif not self._is_asked:
            self._is_asked = True
            self._code = code
            self._uncover()
            self._app.action_stop()
            self._app.set_timer(LEAVE_S, self._app.worker.abandon)

    def _uncover(self) -> None:
        """Close other screens, so that the main screen shows the dictation finishing."""
        while self._app.screen is not self._app.main_screen:
            self._app.pop_screen()

    def ended(self) -> None:
        """Note that a dictation is over; end the app if it was waiting for that."""
        if self._is_asked:
            self._is_asked = False
            self.leave(self._code)

    def now(self, code: Exit = Exit.DONE) -> None:
        """End the app at once; text that is still unsaved gives exit code ``DISK``."""
        unsaved = Exit.DISK if self._saving.unsaved else Exit.DONE
        self._app.exit(code or self.failure or unsaved)
