"""The app: keys to commands, messages to whom they concern. What takes time happens backstage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.events import AppBlur, Event, Paste
from textual.screen import Screen
from textual.worker import WorkerFailed

from skdictate.backstage import Backstage
from skdictate.errors import Exit
from skdictate.paths import Paths
from skdictate.tui import palette, shared_keys, terminal
from skdictate.tui.actions import bindings
from skdictate.tui.fetching import Fetching
from skdictate.tui.herald import Herald
from skdictate.tui.leaving import Leaving
from skdictate.tui.mailbox import Mailbox
from skdictate.tui.messages import (
    Noted,
    Released,
    Reported,
    TerminalGone,
    TerminalSpoiled,
    Told,
)
from skdictate.tui.past import Past
from skdictate.tui.readiness import Readiness
from skdictate.tui.saving import Saving
from skdictate.tui.screens.desk import Desk
from skdictate.tui.screens.findings import FindingsScreen
from skdictate.tui.screens.help import HelpScreen
from skdictate.tui.setup import Setup
from skdictate.tui.talk import HOLD, Talk
from skdictate.tui.widgets.secret import SecretField
from skdictate.tui.widgets.welcome import GREETINGS
from skdictate.unseen import Unseen

if TYPE_CHECKING:
    from skdictate.config import Settings

OFFER_S = 0.25
"""Between two looks at what could be recognised yet, and how far that is."""


class DictateApp(App[int]):
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
        self.desk = Desk(lambda: self.backstage.view, lambda: self.backstage.elsewhere)
        self.kept: list[int] = []
        """Numbers of the dictations that this run has added to the library."""
        self.setup = Setup(self, settings, origins or {}, stdin_fd)
        self.mailbox = Mailbox(lambda: self.post_message(Told()))
        """What the other thread tells."""
        self.herald = Herald(self)
        self.backstage = Backstage(self.setup.studio, self.mailbox.put)
        self.past = Past(self)
        self.talk = Talk(self.backstage, settings.talk)
        self.fetching = Fetching(self)
        self.saving = Saving(self)
        self.leaving = Leaving(self)
        self.readiness = Readiness(self)

    @property
    def settings(self) -> Settings:
        """Those of the next dictation."""
        return self.setup.settings

    def get_default_screen(self) -> Desk:
        """The one below all others."""
        return self.desk

    def on_mount(self) -> None:
        """Paint first, load then."""
        self.call_after_refresh(self.backstage.start)
        self.desk.set_interval(OFFER_S, self._offer)  # as long as there is a desk
        self.readiness.ask()
        if self.settings.source == "stdin":
            self.set_timer(shared_keys.LOOK_S, self._look_for_rival)

    def _look_for_rival(self) -> None:
        if shared_keys.has_rival():
            self.notify(shared_keys.WORDS, severity="warning", timeout=10, markup=False)

    def show_page(self) -> None:
        """Have the desk show the page, or why it is empty."""
        words = GREETINGS[self.talk.way if self.talk.is_ready else ""]
        self.desk.show_page(words, is_awaiting=self.talk.is_dictating)

    # ------------------------------------------------------------------------- messages

    @on(Told)
    def _hear(self) -> None:
        if self.screen_stack and not self.herald.read():
            self.post_message(Told())

    @on(Noted)
    def _hear_of_past(self, message: Noted) -> None:
        if self.screen_stack:  # there is none any more when the app closes
            self.past.hear(message.word)

    @on(Reported)
    def _learn(self, message: Reported) -> None:
        self.readiness.learn(has_releases=message.has_releases)

    @on(Released)
    @on(AppBlur)
    def _let_go(self) -> None:
        """Space is up, or its release would be told to another window."""
        self.talk.release()

    @on(TerminalGone)
    def _end_without_terminal(self) -> None:
        self.leaving.leave(Exit.HANGUP)

    @on(TerminalSpoiled)
    def _paint_anew(self) -> None:
        self.refresh(layout=True)

    def _offer(self) -> None:
        self.desk.offer(self.past.found, self.past.room.at, is_dictating=self.talk.is_dictating)

    # ------------------------------------------------------------------------- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys do something now; the footer shows those."""
        is_empty = self.desk.page.is_empty
        valid = self.talk.valid(is_in_view=self.screen is self.desk) | {
            "retry": (self.desk.is_cut_off and self.talk.is_dictating) or self.desk.is_calling,
            "copy": self.desk.invitation is not None,
            "log_in": bool(self.desk.login),
            "save": not is_empty,
            "new": not is_empty and not self.talk.is_dictating,
            "findings": self.desk.page.n_findings > 0,
            "recognise": self.past.has_work and not self.talk.is_dictating,
        }
        may_end = self.readiness.may_end_utterance and not self.desk.is_cut_off
        if action == "end_utterance" and not may_end:
            return False
        return valid.get(action, True)

    def action_begin(self) -> None:
        """Start to dictate."""
        self.talk.begin()
        self.desk.wants(self.talk.is_wanted)
        self.refresh_bindings()

    def action_stop(self) -> None:
        """Stop recording."""
        self.talk.stop()
        self.refresh_bindings()

    def action_talk(self) -> None:
        """Record while space is held."""
        self.talk.press()

    action_finish = action_stop

    def action_pause(self) -> None:
        """Record nothing for a while."""
        self.backstage.pause()

    def action_resume(self) -> None:
        """Record again."""
        self.backstage.resume()

    def action_end_utterance(self) -> None:
        """End the sentence here."""
        self.backstage.end_utterance()

    def action_microphones(self) -> None:
        """Choose the microphone."""
        self.setup.choose()

    def action_findings(self) -> None:
        """What was found beside the text."""
        self.push_screen(FindingsScreen(self.desk.page))

    def action_settings(self) -> None:
        """Look at all settings, and change them."""
        self.setup.edit()

    def action_sign_in(self) -> None:
        """Sign in to SpeechKit with a key."""
        self.setup.sign_in()

    def action_retry(self) -> None:
        """Connect now."""
        self.backstage.retry()

    def action_log_in(self) -> None:
        """Let ssh ask in the terminal what it has to ask."""
        self.fetching.log_in()

    def action_copy(self) -> None:
        """Copy a line that brings a microphone here; the next time, the next one."""
        self.fetching.copy()

    def action_recognise(self) -> None:
        """Recognise what is unfinished, or stop that."""
        self.past.recognise()

    def action_history(self) -> None:
        """Dictations of before."""
        self.past.browse()

    def action_save(self) -> None:
        """Write the page to a file."""
        self.saving.save()

    def action_new(self) -> None:
        """Begin a clean page."""
        self.desk.anew()
        self.show_page()

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(HelpScreen(self.paths, self.talk.way))

    async def action_quit(self) -> None:
        """Leave; a dictation that runs is finished first, a second time at once."""
        self.leaving.by_key()

    def action_leave(self) -> None:
        """The same, by the keys of every terminal program."""
        self.leaving.by_key()

    async def on_event(self, event: Event) -> None:
        """Whatever happens; what is pasted for nobody to see is hidden before others have it."""
        if isinstance(event, Paste) and isinstance(self.focused, SecretField):
            event.text = Unseen(event.text)
        await super().on_event(event)

    @property
    def mistake(self) -> Exception | None:
        """What ended the app, if that was an error that nobody foresaw."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error  # type: ignore[return-value]

    def _fatal_error(self) -> None:
        """Close; whoever runs the app says what has happened.

        The library would print a traceback with the values of variables, which may be what was
        dictated, or a key.
        """
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """Something broke; where it is the terminal that is gone, that is no mistake of ours."""
        if terminal.is_gone():
            self.leaving.leave(Exit.HANGUP)
        elif self.mistake is not None:
            self._fatal_error()
        else:
            super().panic(*renderables)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        return palette.commands(self, super().get_system_commands(screen))
