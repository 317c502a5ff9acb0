"""Whether a dictation may begin; apart, since it takes two that answer in their own time: the other
thread, whether the settings make sense, and the terminal, what it can tell of the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skdictate.tui.dictation_control import ANSWER_S, WHY_NOT

if TYPE_CHECKING:
    from skdictate.app.worker_events import Ready
    from skdictate.tui.host import Host
    from skdictate.tui.next_dictation import NextDictation


class Readiness:
    """Waits for both; then the keys work, and what is not spoken for us begins by itself."""

    def __init__(self, app: Host, setup: NextDictation) -> None:
        self.may_end_utterance = False
        """The recogniser lets the user end a sentence."""
        self._app = app
        self._setup = setup
        self._is_equipped = False

    def ask(self) -> None:
        """Wait for the terminal, if there is something to wait for."""
        if self._app.dictation_control.is_held is None:
            self._app.set_timer(ANSWER_S, self._give_up_holding)

    def equipped(self, ready: Ready) -> None:
        """The settings make sense."""
        settings = self._app.settings
        self._is_equipped = True
        may_end = ready.is_local or settings.eou == "external"
        self.may_end_utterance = may_end and settings.api == "v3"
        self._get_ready()

    def learn(self, *, has_releases: bool) -> None:
        """What the keyboard can tell is known."""
        self._app.dictation_control.is_held = has_releases
        self._get_ready()
        if not has_releases:
            self._app.notify(WHY_NOT, severity="warning", timeout=10, markup=False)

    def _give_up_holding(self) -> None:
        """The terminal does not answer; where it does so later, that counts."""
        if self._app.dictation_control.is_held is None:
            self.learn(has_releases=False)

    def _get_ready(self) -> None:
        talk = self._app.dictation_control
        if self._is_equipped and talk.is_held is not None:
            was_ready = talk.is_ready
            is_wanted = talk.ready()
            self._app.main_screen.wants(False)
            self._app.show_page()
            begins_itself = not (was_ready or talk.is_held or self._setup.is_of_speech)
            if (is_wanted or begins_itself) and not talk.is_dictating:
                self._app.action_begin()
