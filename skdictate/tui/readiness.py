"""Decides when a dictation may begin.

Two answers are needed, which come in any order: whether the worker thread accepts the settings, and
whether the terminal reports key releases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skdictate.tui.dictation_control import ANSWER_S, WHY_NOT

if TYPE_CHECKING:
    from skdictate.app.worker_events import Ready
    from skdictate.tui.host import Host
    from skdictate.tui.next_dictation import NextDictation


class Readiness:
    """Waits for both answers; then enables the keys.

    A source other than a microphone then begins by itself.
    """

    def __init__(self, app: Host, next_dictation: NextDictation) -> None:
        self.may_end_utterance = False
        """Whether the recogniser lets the user end a sentence."""
        self._app = app
        self._next_dictation = next_dictation
        self._has_settings = False

    def wait_for_terminal(self) -> None:
        """Start the timeout for the terminal's answer, if it is needed."""
        if self._app.dictation_control.is_held is None:
            self._app.set_timer(ANSWER_S, self._give_up_holding)

    def settings_checked(self, ready: Ready) -> None:
        """The worker thread has accepted the settings."""
        settings = self._app.settings
        self._has_settings = True
        may_end = ready.is_local or settings.eou == "external"
        self.may_end_utterance = may_end and settings.api == "v3"
        self._get_ready()

    def keyboard_reported(self, *, has_releases: bool) -> None:
        """The terminal has answered, or did not answer in time."""
        self._app.dictation_control.is_held = has_releases
        self._get_ready()
        if not has_releases:
            self._app.notify(WHY_NOT, severity="warning", timeout=10, markup=False)

    def _give_up_holding(self) -> None:
        """The terminal did not answer in time; a later answer still counts."""
        if self._app.dictation_control.is_held is None:
            self.keyboard_reported(has_releases=False)

    def _get_ready(self) -> None:
        control = self._app.dictation_control
        if self._has_settings and control.is_held is not None:
            was_ready = control.is_ready
            is_wanted = control.ready()
            self._app.main_screen.wants(False)
            self._app.show_page()
            begins_itself = not (was_ready or control.is_held or self._next_dictation.is_of_speech)
            if (is_wanted or begins_itself) and not control.is_dictating:
                self._app.action_begin()
