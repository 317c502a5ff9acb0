"""The screen on which one dictates: who listens, the text, what is wrong, how loud it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen

from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, SourceNamed, Topic
from skdictate.errors import Problem
from skdictate.library.unfinished import Found
from skdictate.mic_protocol.invitation import Invitation
from skdictate.mic_protocol.remote_status import RemoteStatus
from skdictate.text.clean_text import clean
from skdictate.tui.page import Page
from skdictate.tui.widgets.footer import KeyFooter
from skdictate.tui.widgets.header import IDLE, LOADING, SOON, HeaderFacts, StatusHeader
from skdictate.tui.widgets.mic_invitation import waiting
from skdictate.tui.widgets.page_view import PageView
from skdictate.tui.widgets.problem_banner import ProblemBanner
from skdictate.tui.widgets.status_board import StatusBoard
from skdictate.tui.widgets.unfinished_row import UnfinishedRow
from skdictate.tui.widgets.welcome import GREETINGS

if TYPE_CHECKING:
    from skdictate.app.reprocess_report import ReprocessProgress
    from skdictate.app.worker_events import Began, Ended, Ready, WorkerView

FRAME_S = 0.1
"""Between two drawings of the gauges."""
REMOTE_FRAME_S = 0.25
"""The same over SSH: ten a second would be 3.5 KB/s."""
LOW, TINY = 18, 9
"""Rows below which the board shrinks, and goes."""


class MainScreen(Screen[None]):
    """Shows the news of a dictation; decides nothing."""

    def __init__(
        self,
        look: Callable[[], WorkerView | None],
        look_elsewhere: Callable[[], RemoteStatus | None],
    ) -> None:
        super().__init__()
        self._look = look
        """The newest snapshot of the dictation, while one runs."""
        self._look_elsewhere = look_elsewhere
        """The same of the microphone, if it is one of another machine."""
        self.source = ""
        """What is heard, or would be."""
        self._facts = HeaderFacts()
        self._ready: Ready | None = None
        self._was_paused = False

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusHeader()
        yield PageView()
        yield ProblemBanner()
        yield UnfinishedRow()
        yield StatusBoard()
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show that nothing is there yet, and what moves from now on."""
        self.show_page(GREETINGS[""], is_awaiting=False)
        self._draw()
        frame_s = REMOTE_FRAME_S if "SSH_CONNECTION" in os.environ else FRAME_S
        self.set_interval(frame_s, self._draw)

    def on_resize(self, event: Resize) -> None:
        """Give the text what room there is."""
        self.set_class(event.size.height < LOW, "-low")
        self.set_class(event.size.height < TINY, "-tiny")

    @property
    def page(self) -> Page:
        """What would be saved."""
        return self.query_one(PageView).page

    @property
    def engine(self) -> str:
        """Who recognises, and where."""
        return f"{self._ready.engine} on {self._ready.place}" if self._ready else ""

    def offer(self, found: Found, at: ReprocessProgress | None, *, is_dictating: bool) -> None:
        """What could be recognised yet, or how far that is."""
        self.query_one(UnfinishedRow).show(found, at, is_dictating=is_dictating)

    @property
    def is_waiting(self) -> bool:
        """The microphone of another machine is what is used, and it is not there."""
        elsewhere = self._look_elsewhere()
        return self._ready is not None and elsewhere is not None and not elsewhere.is_attached

    @property
    def is_calling(self) -> bool:
        """The same, and it is we who go there."""
        return self.is_waiting and self.invitation is None

    @property
    def login(self) -> tuple[str, ...]:
        """What asks the user, if that is what is missing."""
        elsewhere = self._look_elsewhere()
        return elsewhere.login if elsewhere is not None else ()

    @property
    def invitation(self) -> Invitation | None:
        """What brings it here, while that is waited for."""
        return self._ready.invitation if self._ready is not None and self.is_waiting else None

    @property
    def is_cut_off(self) -> bool:
        """The recogniser cannot be reached at present."""
        return self.query_one(ProblemBanner).stands(Topic.LINK)

    def _draw(self) -> None:
        """Renew what moves by itself."""
        view = self._look()
        header = self.query_one(StatusHeader)
        facts = self._facts
        facts = facts.while_running(view.status, view.overruns) if view else facts
        elsewhere = self._look_elsewhere()
        self.set_class(elsewhere is not None, "-elsewhere")
        if elsewhere is not None:
            facts = facts.hearing_elsewhere(elsewhere)
        header.facts = facts
        self.query_one(StatusBoard).show(view)
        if view is not None:
            retry_in_s = view.status.retry_in_s
            shown_s = None if retry_in_s is None else round(retry_in_s + 0.5)
            self.query_one(ProblemBanner).retry_in_s = shown_s
        is_paused = view is not None and view.is_paused
        if is_paused != self._was_paused:
            self._was_paused = is_paused
            self.refresh_bindings()  # what can be resumed cannot be paused

    def show_page(self, welcome: Content, *, is_awaiting: bool) -> None:
        """The text if there is some or will be soon, else the welcome; or why it will not be."""
        elsewhere = self._look_elsewhere()
        if self.is_waiting and self._ready is not None and elsewhere is not None:
            welcome, is_awaiting = waiting(self._ready, elsewhere), False
        self.query_one(PageView).show(welcome, is_awaiting=is_awaiting)
        self.refresh_bindings()

    # ------------------------------------------------------------------------- news

    def ready(self, ready: Ready) -> None:
        """A dictation may begin."""
        self._ready = ready
        self._facts = self._facts.renewed(ready)
        self.source = ready.source
        self.query_one(ProblemBanner).forget()

    def wants(self, is_wanted: bool) -> None:
        """One is to begin as soon as it may."""
        if self._facts.state == LOADING:
            self._facts = replace(self._facts, note=SOON if is_wanted else "")

    def failed(self, problem: Problem) -> None:
        """None can."""
        self._facts = replace(self._facts, state=IDLE, note="")
        self.query_one(ProblemBanner).raised(Topic.CAPTURE, problem)

    def began(self, began: Began) -> None:
        """A dictation runs."""
        source = clean(began.source)
        self.query_one(KeyFooter).is_at_rest = False
        self._hear(source)
        self.query_one(ProblemBanner).forget()
        self.query_one(PageView).begin(source, Format(began.rate_hz))

    def _hear(self, source: str) -> None:
        assert self._ready is not None
        self.source = source
        self._facts = self._facts.hearing(source, self._ready)

    def changed(self, change: Change) -> None:
        """Something has become of it."""
        if isinstance(change, SourceNamed):
            self._hear(change.name)
        before = self._possible
        self.query_one(PageView).take(change)
        self.query_one(ProblemBanner).take(change)
        if before != self._possible:
            self.refresh_bindings()  # there is something to save, to look at, or to retry

    @property
    def _possible(self) -> tuple[bool, bool, bool]:
        """What can be done with it."""
        return self.page.is_empty, self.page.n_findings > 0, self.is_cut_off

    def ended(self, ended: Ended) -> None:
        """It is over."""
        self.query_one(KeyFooter).is_at_rest = True
        number, is_unsaved = ended.dictation_id, ended.is_unsaved
        self._facts = self._facts.after(ended.outcome, number, is_unsaved=is_unsaved)
        self.query_one(PageView).end()
        self.query_one(StatusBoard).show(None)

    def saved(self, dictation_id: int | None) -> None:
        """What was left of a dictation is saved after all."""
        self._facts = self._facts.saved(dictation_id)

    def disk_said(self, problem: Problem | None) -> None:
        """What is wrong with the disk, if anything."""
        banner = self.query_one(ProblemBanner)
        if problem is None:
            banner.cleared(Topic.DISK)
        else:
            banner.raised(Topic.DISK, problem)

    def anew(self) -> None:
        """A clean page."""
        self._facts = self._facts.anew()
        self.query_one(PageView).clear()
        self.query_one(ProblemBanner).forget()
