"""How the app ends, and with which exit code; apart, since a key, a signal, a terminal that is gone
and a dictation that is over all lead there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skdictate.errors import Exit

if TYPE_CHECKING:
    from skdictate.tui.host import Host
    from skdictate.tui.saving import Saving

LEAVE_S = 5.0
"""When the app is left while it records, the last words are waited for this long."""


class Exiting:
    """A dictation that runs is finished first."""

    def __init__(self, app: Host, saving: Saving) -> None:
        self.failure = Exit.DONE
        """Why no dictation could begin, as an exit code."""
        self._app = app
        self._saving = saving
        self._is_asked = False
        """It is to end as soon as the dictation has ended."""
        self._code = Exit.DONE

    def by_key(self) -> None:
        """The user wants to leave: in good order, a second time at once."""
        self.leave(Exit.DONE, is_urgent=self._is_asked)

    def leave(self, code: Exit, *, is_urgent: bool = False) -> None:
        """End the app in good order; if it is urgent, without waiting for the last words."""
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
        """Close what covers the desk, so that it is seen that the last words are waited for."""
        while self._app.screen is not self._app.main_screen:
            self._app.pop_screen()

    def ended(self) -> None:
        """A dictation is over: perhaps that was waited for."""
        if self._is_asked:
            self._is_asked = False
            self.leave(self._code)

    def now(self, code: Exit = Exit.DONE) -> None:
        """End the app; what is not saved by now is said."""
        unsaved = Exit.DISK if self._saving.unsaved else Exit.DONE
        self._app.exit(code or self.failure or unsaved)
