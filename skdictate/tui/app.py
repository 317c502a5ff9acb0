"""The app: keys to commands, news to widgets. All that takes time happens backstage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

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
from skdictate.core.audio import Format, Level
from skdictate.core.changes import (
    Change,
    GapMarked,
    LineCommitted,
    LineRefined,
    PartialChanged,
    ProblemCleared,
    ProblemRaised,
    Topic,
)
from skdictate.core.clean import clean
from skdictate.errors import Exit, ProblemError
from skdictate.output.formats import SUFFIXES
from skdictate.output.sinks import save
from skdictate.paths import Paths
from skdictate.tui import terminal
from skdictate.tui.actions import ACTIONS, bindings
from skdictate.tui.messages import Told
from skdictate.tui.page import Page
from skdictate.tui.screens.help import HelpScreen
from skdictate.tui.widgets.banner import Banner
from skdictate.tui.widgets.gauges import Gauges
from skdictate.tui.widgets.header import IDLE, Facts, StatusHeader, billed
from skdictate.tui.widgets.meter import LevelMeter
from skdictate.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from skdictate.config import Settings
    from skdictate.studio import Studio

FRAME_S = 0.1
"""Between two drawings of the gauges."""
REMOTE_FRAME_S = 0.25
"""The same over SSH: ten a second would be 3.5 KB/s."""
LEAVE_S = 5.0
"""When the app is left while it records, the last words are waited for this long."""
LOW, TINY = 18, 9
"""Rows below which the board shrinks, and goes."""


WELCOME = Content.assemble(
    ("Press space and speak.", "bold"),
    "\n\n",
    ("Your words appear here. Sound and text are kept as they come.", "$foreground-muted"),
)


class DictateApp(App[int]):
    """Dictation in a terminal."""

    CSS_PATH = "style.tcss"
    TITLE = "skdictate"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings())
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, settings: Settings, paths: Paths, stdin_fd: int = 0) -> None:
        super().__init__()
        self.settings = settings
        self.paths = paths
        self.page = Page()
        self.kept: list[int] = []
        """Numbers of the dictations that this run has added to the library."""
        self.backstage = Backstage(self._build, self._tell)
        self._stdin_fd = stdin_fd
        self._facts = Facts()
        self._equipment: Ready | None = None
        self._sound = Format(settings.rate)
        self._is_dictating = False
        self._is_finishing = False
        self._is_leaving = False
        self._saved_as: Path | None = None
        self._failure = Exit.DONE
        """Why no dictation could begin, as an exit code."""
        self._code = Exit.DONE

    # ------------------------------------------------------------------------- the screen

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusHeader()
        yield Transcript()
        yield Vertical(Static(), id="welcome")
        yield Banner()
        with Vertical(id="board"):
            yield LevelMeter()
            yield Gauges()
        yield Footer()

    def on_mount(self) -> None:
        """Paint first, load then."""
        self._show_page()
        self.query_one(Gauges).show(None)
        self.call_after_refresh(self.backstage.start)
        is_remote = "SSH_CONNECTION" in os.environ
        self.set_interval(REMOTE_FRAME_S if is_remote else FRAME_S, self._draw)

    def on_resize(self, event: Resize) -> None:
        """Give the text what room there is."""
        self.screen.set_class(event.size.height < LOW, "-low")
        self.screen.set_class(event.size.height < TINY, "-tiny")

    def _draw(self) -> None:
        """Renew what moves by itself."""
        view = self.backstage.view
        header = self.query_one(StatusHeader)
        header.facts = self._facts.while_running(view.status) if view else self._facts
        meter = self.query_one(LevelMeter)
        if view is None:
            meter.level = Level()
            meter.held_dbfs = Level().peak_dbfs
            return
        meter.level = view.level
        meter.held_dbfs = round(view.held_dbfs)
        self.query_one(Gauges).show(view.status)
        retry_in_s = view.status.retry_in_s
        self.query_one(Banner).retry_in_s = None if retry_in_s is None else round(retry_in_s + 0.5)

    def _show_page(self) -> None:
        """The text, or what to do to get some."""
        is_empty = not (self.query_one(Transcript).has_text or self._is_dictating)
        self.query_one(Transcript).display = not is_empty
        welcome = self.query_one("#welcome")
        welcome.display = is_empty
        if is_empty:
            welcome.query_one(Static).update(WELCOME if self._equipment else Content("One moment."))
        self.refresh_bindings()

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
                self._equipment = ready
                self._facts = Facts(IDLE, billing="nothing billed" if ready.is_local else billed(0))
                self._name_source(ready.source)
                self._show_page()
                if not self.settings.source.startswith("mic"):
                    self.action_begin()
            case Failed(problem):
                self._failure = problem.exit_code
                self._facts = replace(self._facts, state=IDLE)
                self._is_dictating = False
                self.query_one(Banner).raised(Topic.CAPTURE, problem)
                self._show_page()
            case Began(source, rate_hz):
                self._begin(clean(source), Format(rate_hz))
            case Changed(change):
                self._change(change)
            case Ended() as ended:
                self._end(ended)
            case Broken(error):
                raise error

    def _name_source(self, source: str) -> None:
        """What is heard, by whom."""
        assert self._equipment is not None
        engine = f"{self._equipment.engine} on {self._equipment.place}"
        names = (source, engine, ", ".join(self._equipment.languages))
        self._facts = replace(self._facts, names=tuple(name for name in names if name))

    def _begin(self, source: str, sound: Format) -> None:
        self._sound = sound
        self._name_source(source)
        self.page.begin(sound)
        self.query_one(Banner).forget()
        self.query_one(Transcript).begin(source)
        self._show_page()

    def _change(self, change: Change) -> None:
        """One change of the dictation, onto the screen."""
        transcript, banner = self.query_one(Transcript), self.query_one(Banner)
        was_empty = self.page.is_empty
        self.page.take(change)
        if was_empty and not self.page.is_empty:
            self.refresh_bindings()  # there is something to save now
        match change:
            case PartialChanged():
                transcript.guess(change)
            case LineCommitted(line):
                transcript.commit(line, self._sound.ms(line.start_sample))
            case LineRefined(line):
                transcript.refine(line)
            case GapMarked(gap):
                start, end = self._sound.ms(gap.start_sample), self._sound.ms(gap.end_sample)
                transcript.mark(gap, start, end)
            case ProblemRaised(topic, problem):
                banner.raised(topic, problem)
                self.refresh_bindings()
            case ProblemCleared(topic):
                banner.cleared(topic)
                self.refresh_bindings()

    def _end(self, ended: Ended) -> None:
        if ended.dictation_id is not None:
            self.kept.append(ended.dictation_id)
        self._is_dictating = self._is_finishing = False
        self._facts = self._facts.after(ended.outcome, ended.dictation_id)
        self.query_one(Transcript).guess(PartialChanged("", ""))
        self.query_one(Gauges).show(None)
        self._show_page()
        if self._is_leaving:
            self._leave()

    # ------------------------------------------------------------------------- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys do something now; the footer shows those."""
        view = self.backstage.view
        is_live = self._is_dictating and not self._is_finishing
        is_paused = view is not None and view.is_paused
        valid = {
            "begin": not self._is_dictating and self._equipment is not None,
            "stop": is_live,
            "pause": is_live and not is_paused,
            "resume": is_live and is_paused,
            "retry": self.query_one(Banner).problem is not None and self._is_dictating,
            "save": not self.page.is_empty,
            "new": not self.page.is_empty and not self._is_dictating,
        }
        return valid.get(action, True)

    def action_begin(self) -> None:
        """Start to dictate."""
        self._is_dictating = True
        self.backstage.begin()
        self.refresh_bindings()

    def action_stop(self) -> None:
        """Stop recording."""
        self._is_finishing = True
        self.backstage.stop()
        self.refresh_bindings()

    def action_pause(self) -> None:
        """Record nothing for a while."""
        self.backstage.pause()
        self.set_timer(2 * FRAME_S, self.refresh_bindings)

    def action_resume(self) -> None:
        """Record again."""
        self.backstage.resume()
        self.set_timer(2 * FRAME_S, self.refresh_bindings)

    def action_retry(self) -> None:
        """Connect now."""
        self.backstage.retry()

    def action_save(self) -> None:
        """Write the page to a file."""
        name = self.settings.format
        path = self._saved_as or self._new_path(SUFFIXES[name])
        try:
            save(path, self.page.text(name))
        except ProblemError as error:
            self.notify(str(error.problem), severity="error", markup=False)
            return
        self._saved_as = path
        n_lines = self.page.n_lines
        lines = "1 line" if n_lines == 1 else f"{n_lines} lines"
        self.notify(f"{lines} in {clean(str(path))}", title="Saved", markup=False)

    def _new_path(self, suffix: str) -> Path:
        if self.settings.output:
            return Path(self.settings.output).expanduser()
        return Path.cwd() / f"dictation-{self.page.begun_at:%Y-%m-%d-%H%M%S}{suffix}"

    def action_new(self) -> None:
        """Begin a clean page."""
        self.page = Page()
        self._saved_as = None
        self._facts = replace(self._facts, state=IDLE, note="", elapsed_s=0, session=0)
        self.query_one(Transcript).clear()
        self.query_one(Banner).forget()
        self._show_page()

    def action_help(self) -> None:
        """Show all keys."""
        places = [
            ("texts", self.paths.library),
            ("sound", self.paths.recordings),
            ("settings", self.paths.config_file),
        ]
        self.push_screen(HelpScreen([(name, clean(short(place))) for name, place in places]))

    async def action_quit(self) -> None:
        """Leave; a dictation that runs is finished first, a second time at once."""
        self.leave(Exit.DONE, is_urgent=self._is_leaving)

    def action_leave(self) -> None:
        """The same, by the keys of every terminal program."""
        self.leave(Exit.DONE, is_urgent=self._is_leaving)

    def leave(self, code: Exit, *, is_urgent: bool = False) -> None:
        """End the app in good order; if it is urgent, without waiting for the last words."""
        if not self._is_dictating:
            self.exit(code or self._failure)
        elif is_urgent:
            self.backstage.abandon()
        elif not self._is_leaving:
            self._is_leaving = True
            self._code = code
            self.action_stop()
            self.set_timer(LEAVE_S, self.backstage.abandon)

    def _leave(self) -> None:
        self.exit(self._code)

    def panic(self, *renderables: RenderableType) -> None:
        """Something broke; where it is the terminal that is gone, that is no mistake of ours."""
        if terminal.is_gone():
            self.leave(Exit.HANGUP)
        else:
            super().panic(*renderables)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: everything that a key does, and the library's own commands."""
        for action in ACTIONS:
            if action.in_footer and self.check_action(action.id, ()):
                yield SystemCommand(action.label, action.tooltip, self._runner(action.id))
        yield from (
            command
            for command in super().get_system_commands(screen)
            if command.title not in ("Quit", "Keys", "Screenshot", "Maximize", "Minimize")
        )

    def _runner(self, action: str) -> Callable[[], None]:
        def run() -> None:
            self.call_later(self.run_action, action)

        return run


def short(path: Path) -> str:
    """A path with the home folder as ``~``."""
    with suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)
