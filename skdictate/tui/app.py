"""The Textual app: maps keys to commands and messages to controllers.

Whatever takes time runs on the worker threads of ``skdictate.app``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.events import AppBlur, Event, Paste
from textual.screen import Screen
from textual.worker import WorkerFailed

from skdictate.app.worker import Worker
from skdictate.errors import Exit
from skdictate.system.hidden_value import HiddenValue
from skdictate.system.paths import Paths
from skdictate.tui import palette, shared_keys, terminal
from skdictate.tui.actions import bindings
from skdictate.tui.dictation_control import HOLD, DictationControl
from skdictate.tui.dispatcher import Dispatcher
from skdictate.tui.event_queue import EventQueue
from skdictate.tui.exiting import Exiting
from skdictate.tui.host import Host
from skdictate.tui.messages import (
    EventsQueued,
    KeyboardReported,
    RepaintNeeded,
    ReprocessMessage,
    SpaceReleased,
    TerminalGone,
)
from skdictate.tui.mic_login import MicLogin
from skdictate.tui.next_dictation import NextDictation
from skdictate.tui.past_dictations import PastDictations
from skdictate.tui.readiness import Readiness
from skdictate.tui.saving import Saving
from skdictate.tui.screens.findings_screen import FindingsScreen
from skdictate.tui.screens.help_screen import HelpScreen
from skdictate.tui.screens.main_screen import MainScreen
from skdictate.tui.widgets.secret_field import SecretField
from skdictate.tui.widgets.welcome import GREETINGS

if TYPE_CHECKING:
    from skdictate.settings.config import Settings

OFFER_S = 0.25
"""Interval between updates of the row about unfinished dictations."""


class DictateApp(Host):
    """Dictation in a terminal."""

    CSS_PATH = "style.tcss"
    TITLE = "skdictate"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings())
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        stdin_fd: int = 0,
        origins: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(terminal.driver(reports_releases=settings.talk == HOLD))
        self.paths = paths
        self.main_screen = MainScreen(lambda: self.worker.view, lambda: self.worker.elsewhere)
        self.kept: list[int] = []
        """Numbers of the dictations that this run has added to the library."""
        self.next_dictation = NextDictation(self, settings, origins or {}, stdin_fd)
        self.event_queue = EventQueue(lambda: self.post_message(EventsQueued()))
        """Events of the worker thread."""
        self.worker = Worker(self.next_dictation.factory, self.event_queue.put)
        self.past_dictations = PastDictations(self, self.next_dictation.factory_for)
        self.dictation_control = DictationControl(self.worker, settings.talk)
        self.mic_login = MicLogin(self)
        self.saving = Saving(self, lambda: self.exiting.now())
        self.exiting = Exiting(self, self.saving)
        self.readiness = Readiness(self, self.next_dictation)
        self.dispatcher = Dispatcher(
            self,
            self.event_queue,
            self.exiting,
            self.readiness,
            self.past_dictations,
            self.saving,
            self.mic_login,
        )

    @property
    def settings(self) -> Settings:
        """The settings of the next dictation."""
        return self.next_dictation.settings

    def get_default_screen(self) -> MainScreen:
        """The screen below all others."""
        return self.main_screen

    def on_mount(self) -> None:
        """Paint the screen before the worker loads the recogniser."""
        self.call_after_refresh(self.worker.start)
        self.main_screen.set_interval(OFFER_S, self._offer)  # ends with the main screen
        self.readiness.wait_for_terminal()
        if self.settings.source == "stdin":
            self.set_timer(shared_keys.LOOK_S, self._look_for_rival)

    def _look_for_rival(self) -> None:
        if shared_keys.has_rival():
            self.notify(shared_keys.WORDS, severity="warning", timeout=10, markup=False)

    def show_page(self) -> None:
        """Show the page on the main screen, or why it is empty."""
        words = GREETINGS[self.dictation_control.way if self.dictation_control.is_ready else ""]
        self.main_screen.show_page(words, is_awaiting=self.dictation_control.is_dictating)

    # ------------------------------------------------------------------------- messages

    @on(EventsQueued)
    def _dispatch(self) -> None:
        if self.screen_stack and not self.dispatcher.dispatch():
            self.post_message(EventsQueued())

    @on(ReprocessMessage)
    def _past_event(self, message: ReprocessMessage) -> None:
        if self.screen_stack:  # empty when the app closes
            self.past_dictations.handle(message.word)

    @on(KeyboardReported)
    def _keyboard_reported(self, message: KeyboardReported) -> None:
        self.readiness.keyboard_reported(has_releases=message.has_releases)

    @on(SpaceReleased)
    @on(AppBlur)
    def _space_released(self) -> None:
        """Space was released, or its release would be reported to another window."""
        self.dictation_control.release()

    @on(TerminalGone)
    def _end_without_terminal(self) -> None:
        self.exiting.leave(Exit.HANGUP)

    @on(RepaintNeeded)
    def _repaint(self) -> None:
        self.refresh(layout=True)

    def _offer(self) -> None:
        self.main_screen.offer(
            self.past_dictations.found,
            self.past_dictations.reprocess_queue.at,
            is_dictating=self.dictation_control.is_dictating,
        )

    # ------------------------------------------------------------------------- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action does something now; the footer shows only those."""
        is_empty = self.main_screen.page.is_empty
        valid = self.dictation_control.valid(is_in_view=self.screen is self.main_screen) | {
            "retry": (self.main_screen.is_cut_off and self.dictation_control.is_dictating)
            or self.main_screen.is_calling,
            "copy": self.main_screen.invitation is not None,
            "log_in": bool(self.main_screen.login),
            "save": not is_empty,
            "new": not is_empty and not self.dictation_control.is_dictating,
            "findings": self.main_screen.page.n_findings > 0,
            "recognise": self.past_dictations.has_work and not self.dictation_control.is_dictating,
        }
        may_end = self.readiness.may_end_utterance and not self.main_screen.is_cut_off
        if action == "end_utterance" and not may_end:
            return False
        return valid.get(action, True)

    def action_begin(self) -> None:
        """Start dictating."""
        self.dictation_control.begin()
        self.main_screen.wants(self.dictation_control.is_wanted)
        self.refresh_bindings()

    def action_stop(self) -> None:
        """Stop recording."""
        self.dictation_control.stop()
        self.refresh_bindings()

    def action_talk(self) -> None:
        """Record while space is held down."""
        self.dictation_control.press()

    action_finish = action_stop

    def action_pause(self) -> None:
        """Pause recording."""
        self.worker.pause()

    def action_resume(self) -> None:
        """Resume recording."""
        self.worker.resume()

    def action_end_utterance(self) -> None:
        """End the sentence here."""
        self.worker.end_utterance()

    def action_microphones(self) -> None:
        """Choose the microphone."""
        self.next_dictation.choose()

    def action_findings(self) -> None:
        """Show SpeechKit's findings about the speech."""
        self.push_screen(FindingsScreen(self.main_screen.page))

    def action_settings(self) -> None:
        """View and change all settings."""
        self.next_dictation.edit()

    def action_sign_in(self) -> None:
        """Sign in to SpeechKit with a key."""
        self.next_dictation.sign_in()

    def action_retry(self) -> None:
        """Connect to the recogniser now."""
        self.worker.retry()

    def action_log_in(self) -> None:
        """Log in with ssh in this terminal."""
        self.mic_login.log_in()

    def action_copy(self) -> None:
        """Copy a command that connects a microphone; each press copies the next one."""
        self.mic_login.copy()

    def action_recognise(self) -> None:
        """Recognise unfinished dictations, or stop doing so."""
        self.past_dictations.recognise()

    def action_history(self) -> None:
        """Show past dictations."""
        self.past_dictations.browse()

    def action_save(self) -> None:
        """Write the page to a file."""
        self.saving.save()

    def action_new(self) -> None:
        """Start a new page."""
        self.main_screen.new_page()
        self.show_page()

    def action_report(self) -> None:
        """Save a report about a bug."""
        self.saving.report(self.next_dictation.origins)

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(HelpScreen(self.paths, self.dictation_control.way))

    async def action_quit(self) -> None:
        """Quit after finishing a running dictation; a second press quits at once."""
        self.exiting.by_key()

    def action_leave(self) -> None:
        """Quit by Ctrl-C or Ctrl-Q, which work on every screen."""
        self.exiting.by_key()

    async def on_event(self, event: Event) -> None:
        """Handle any event; text pasted into a secret field is hidden before widgets get it."""
        if isinstance(event, Paste) and isinstance(self.focused, SecretField):
            event.text = HiddenValue(event.text)
        await super().on_event(event)

    @property
    def mistake(self) -> Exception | None:
        """The unexpected exception that ended the app, if there was one."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error  # type: ignore[return-value]

    def _fatal_error(self) -> None:
        """Close the app; ``start`` reports the error.

        Textual would print a traceback with the values of variables, which may hold dictated text
        or a key.
        """
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """Close after an exception; leave in good order if the terminal has disappeared."""
        if terminal.is_gone():
            self.exiting.leave(Exit.HANGUP)
        elif self.mistake is not None:
            self._fatal_error()
        else:
            super().panic(*renderables)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The commands of the palette."""
        return palette.commands(self, super().get_system_commands(screen))
