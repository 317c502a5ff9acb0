"""The app: keys to commands, news to widgets. All that takes time happens backstage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.events import AppBlur
from textual.screen import Screen

from skdictate.backstage import (
    Backstage,
    Began,
    Broken,
    Changed,
    Ended,
    Failed,
    News,
    Ready,
)
from skdictate.core.changes import SourceNamed
from skdictate.core.clean import clean
from skdictate.errors import Exit, ProblemError
from skdictate.paths import Paths
from skdictate.tui import palette, terminal
from skdictate.tui.actions import bindings
from skdictate.tui.messages import Released, Reported, Told
from skdictate.tui.screens.desk import Desk
from skdictate.tui.screens.help import HelpScreen
from skdictate.tui.screens.microphones import MicrophonesScreen
from skdictate.tui.talk import ANSWER_S, HOLD, WHY_NOT, Talk
from skdictate.tui.widgets.welcome import GREETINGS

if TYPE_CHECKING:
    from skdictate.config import Settings
    from skdictate.memory import Microphone
    from skdictate.studio import Studio

LEAVE_S = 5.0
"""When the app is left while it records, the last words are waited for this long."""


class DictateApp(App[int]):
    """Dictation in a terminal."""

    CSS_PATH = "style.tcss"
    TITLE = "skdictate"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings())
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, settings: Settings, paths: Paths, stdin_fd: int = 0) -> None:
        super().__init__(terminal.driver(reports_releases=settings.talk == HOLD))
        self.settings = settings
        self.paths = paths
        self.desk = Desk(lambda: self.backstage.view)
        self.kept: list[int] = []
        """Numbers of the dictations that this run has added to the library."""
        self.backstage = Backstage(self._build, self._tell)
        self.talk = Talk(self.backstage, settings.talk)
        self._stdin_fd = stdin_fd
        self._is_equipped = False
        self._may_end_utterance = False
        """The recogniser lets the user end a sentence."""
        self._is_leaving = False
        self._failure = Exit.DONE
        """Why no dictation could begin, as an exit code."""
        self._code = Exit.DONE

    def get_default_screen(self) -> Desk:
        """The one below all others."""
        return self.desk

    def on_mount(self) -> None:
        """Paint first, load then."""
        self.call_after_refresh(self.backstage.start)
        if self.talk.is_held is None:
            self.set_timer(ANSWER_S, self._give_up_holding)

    def _show_page(self) -> None:
        words = GREETINGS[self.talk.way if self.talk.is_ready else ""]
        self.desk.show_page(words, is_awaiting=self.talk.is_dictating)

    # ------------------------------------------------------------------------- news

    def _build(self) -> Studio:
        from skdictate.studio import Studio

        return Studio(self.settings, self.paths, stdin_fd=self._stdin_fd)

    def _tell(self, news: News) -> None:
        """From the other thread."""
        self.post_message(Told(news))

    @on(Told)
    def _hear(self, message: Told) -> None:
        match message.news:
            case Ready() as ready:
                self._is_equipped = True
                may_end = ready.is_local or self.settings.eou == "external"
                self._may_end_utterance = may_end and self.settings.api == "v3"
                self.desk.ready(ready)
                self._get_ready()
            case Failed(problem):
                self._failure = problem.exit_code
                self.talk.ended()
                self.desk.failed(problem)
                self._show_page()
            case Began() as began:
                self.desk.began(began)
                self.talk.began()
                self._show_page()
            case Changed(change):
                self.desk.changed(change)
                if isinstance(change, SourceNamed) and change.was:
                    words = f"Now {change.name}, before {change.was}."
                    self.notify(words, title="Another microphone", markup=False)
            case Ended() as ended:
                self._end(ended)
            case Broken(error):
                raise error

    def _end(self, ended: Ended) -> None:
        problem = ended.outcome.problem
        is_nothing = ended.dictation_id is None and problem is not None
        self._failure = problem.exit_code if problem and is_nothing else Exit.DONE
        if ended.dictation_id is not None:
            self.kept.append(ended.dictation_id)
        self.talk.ended()
        self.desk.ended(ended)
        self._show_page()
        if self._is_leaving:
            self.exit(self._code)

    @on(Reported)
    def _learn(self, message: Reported) -> None:
        """What the keyboard can tell is known."""
        self.talk.is_held = message.has_releases
        self._get_ready()
        if not self.talk.is_held:
            self.notify(WHY_NOT, severity="warning", timeout=10, markup=False)

    def _give_up_holding(self) -> None:
        """The terminal does not answer; where it does so later, that counts."""
        if self.talk.is_held is None:
            self._learn(Reported(has_releases=False))

    def _get_ready(self) -> None:
        """Once the settings are known to make sense, and what the keyboard can tell."""
        if self._is_equipped and self.talk.is_held is not None:
            was_ready, self.talk.is_ready = self.talk.is_ready, True
            self._show_page()
            if not (was_ready or self.talk.is_held or self.settings.source.startswith("mic")):
                self.action_begin()

    @on(Released)
    @on(AppBlur)
    def _let_go(self) -> None:
        """Space is up, or its release would be told to another window."""
        self.talk.release()

    # ------------------------------------------------------------------------- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys do something now; the footer shows those."""
        is_empty = self.desk.page.is_empty
        valid = self.talk.valid(is_in_view=self.screen is self.desk) | {
            "retry": self.desk.is_cut_off and self.talk.is_dictating,
            "save": not is_empty,
            "new": not is_empty and not self.talk.is_dictating,
        }
        if action == "end_utterance" and not self._may_end_utterance:
            return False
        return valid.get(action, True)

    def action_begin(self) -> None:
        """Start to dictate."""
        self.talk.begin()
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
        self.push_screen(MicrophonesScreen(self.desk.source), self._choose)

    def _choose(self, microphone: Microphone | None) -> None:
        if microphone is not None:
            self.backstage.choose(microphone)

    def action_retry(self) -> None:
        """Connect now."""
        self.backstage.retry()

    def action_save(self) -> None:
        """Write the page to a file."""
        page = self.desk.page
        try:
            path = page.save(self.settings.format, self.settings.output)
        except ProblemError as error:
            self.notify(str(error.problem), severity="error", markup=False)
            return
        lines = "1 line" if page.n_lines == 1 else f"{page.n_lines} lines"
        self.notify(f"{lines} in {clean(str(path))}", title="Saved", markup=False)

    def action_new(self) -> None:
        """Begin a clean page."""
        self.desk.anew()
        self._show_page()

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(HelpScreen(self.paths, self.talk.way))

    async def action_quit(self) -> None:
        """Leave; a dictation that runs is finished first, a second time at once."""
        self.leave(Exit.DONE, is_urgent=self._is_leaving)

    def action_leave(self) -> None:
        """The same, by the keys of every terminal program."""
        self.leave(Exit.DONE, is_urgent=self._is_leaving)

    def leave(self, code: Exit, *, is_urgent: bool = False) -> None:
        """End the app in good order; if it is urgent, without waiting for the last words."""
        if not self.talk.is_dictating:
            self.exit(code or self._failure)
        elif is_urgent:
            self.backstage.abandon()
        elif not self._is_leaving:
            self._is_leaving = True
            self._code = code
            self.action_stop()
            self.set_timer(LEAVE_S, self.backstage.abandon)

    def panic(self, *renderables: RenderableType) -> None:
        """Something broke; where it is the terminal that is gone, that is no mistake of ours."""
        if terminal.is_gone():
            self.leave(Exit.HANGUP)
        else:
            super().panic(*renderables)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        return palette.commands(self, super().get_system_commands(screen))
