"""The main screen: header, text, problem banner, level meter and footer."""

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
"""Interval between updates of the gauges."""
REMOTE_FRAME_S = 0.25
"""Interval between updates over SSH; ten a second would be 3.5 KB/s, measured."""
LOW, TINY = 18, 9
"""Screen heights in rows below which the status board shrinks, and is hidden."""


class MainScreen(Screen[None]):
    """Shows the state and the events of a dictation; makes no decisions."""

    def __init__(
        self,
        look: Callable[[], WorkerView | None],
        look_elsewhere: Callable[[], RemoteStatus | None],
    ) -> None:
        super().__init__()
        self._look = look
        """Returns the newest snapshot of the running dictation, or None."""
        self._look_elsewhere = look_elsewhere
        """Returns the status of the remote microphone, or None if none is used."""
        self.source = ""
        """Name of the source in use, or of the next dictation's."""
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
        """Show the welcome, and start the updates of the gauges."""
        self.show_page(GREETINGS[""], is_awaiting=False)
        self._draw()
        frame_s = REMOTE_FRAME_S if "SSH_CONNECTION" in os.environ else FRAME_S
        self.set_interval(frame_s, self._draw)

    def on_resize(self, event: Resize) -> None:
        """Choose the layout for the screen's height."""
        self.set_class(event.size.height < LOW, "-low")
        self.set_class(event.size.height < TINY, "-tiny")

    @property
    def page(self) -> Page:
        """The page that is shown and can be saved."""
        return self.query_one(PageView).page

    @property
    def engine(self) -> str:
        """Name and place of the recogniser; empty while loading."""
        return f"{self._ready.engine} on {self._ready.place}" if self._ready else ""

    def offer(self, found: Found, at: ReprocessProgress | None, *, is_dictating: bool) -> None:
        """Show what could be recognised yet, or the progress of doing so."""
        self.query_one(UnfinishedRow).show(found, at, is_dictating=is_dictating)

    @property
    def is_waiting(self) -> bool:
        """Whether a remote microphone is to be used and is not connected."""
        elsewhere = self._look_elsewhere()
        return self._ready is not None and elsewhere is not None and not elsewhere.is_attached

    @property
    def is_calling(self) -> bool:
        """Whether this side connects to the missing remote microphone."""
        return self.is_waiting and self.invitation is None

    @property
    def login(self) -> tuple[str, ...]:
        """The ssh command line for which the user has to log in; empty if none."""
        elsewhere = self._look_elsewhere()
        return elsewhere.login if elsewhere is not None else ()

    @property
    def invitation(self) -> Invitation | None:
        """The commands that connect a remote microphone, while one is waited for."""
        return self._ready.invitation if self._ready is not None and self.is_waiting else None

    @property
    def is_cut_off(self) -> bool:
        """Whether the recogniser cannot be reached at present."""
        return self.query_one(ProblemBanner).stands(Topic.LINK)

    def _draw(self) -> None:
        """Update header, gauges and countdown."""
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
            self.refresh_bindings()  # "pause" and "resume" share a key

    def show_page(self, welcome: Content, *, is_awaiting: bool) -> None:
        """Show the text, the welcome, or how to connect a missing remote microphone.

        Args:
            welcome: shown while there is no text.
            is_awaiting: show the empty text, since some is about to come.
        """
        elsewhere = self._look_elsewhere()
        if self.is_waiting and self._ready is not None and elsewhere is not None:
            welcome, is_awaiting = waiting(self._ready, elsewhere), False
        self.query_one(PageView).show(welcome, is_awaiting=is_awaiting)
        self.refresh_bindings()

    # ------------------------------------------------------------------------- news

    def ready(self, ready: Ready) -> None:
        """Note that a dictation may begin."""
        self._ready = ready
        self._facts = self._facts.renewed(ready)
        self.source = ready.source
        self.query_one(ProblemBanner).forget()

    def wants(self, is_wanted: bool) -> None:
        """Show whether a dictation begins as soon as loading is over."""
        if self._facts.state == LOADING:
            self._facts = replace(self._facts, note=SOON if is_wanted else "")

    def failed(self, problem: Problem) -> None:
        """Show why no dictation can begin."""
        self._facts = replace(self._facts, state=IDLE, note="")
        self.query_one(ProblemBanner).raised(Topic.CAPTURE, problem)

    def began(self, began: Began) -> None:
        """Note that a dictation has begun."""
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
        """Show a change of the dictation."""
        if isinstance(change, SourceNamed):
            self._hear(change.name)
        before = self._possible
        self.query_one(PageView).apply(change)
        self.query_one(ProblemBanner).apply(change)
        if before != self._possible:
            self.refresh_bindings()  # for keys such as save and retry

    @property
    def _possible(self) -> tuple[bool, bool, bool]:
        """What decides which keys are valid; they are refreshed when it changes."""
        return self.page.is_empty, self.page.n_findings > 0, self.is_cut_off

    def ended(self, ended: Ended) -> None:
        """Note that the dictation is over."""
        self.query_one(KeyFooter).is_at_rest = True
        number, is_unsaved = ended.dictation_id, ended.is_unsaved
        self._facts = self._facts.after(ended.outcome, number, is_unsaved=is_unsaved)
        self.query_one(PageView).end()
        self.query_one(StatusBoard).show(None)

    def saved(self, dictation_id: int | None) -> None:
        """Note that an unsaved dictation has been saved after all."""
        self._facts = self._facts.saved(dictation_id)

    def disk_said(self, problem: Problem | None) -> None:
        """Show what is wrong with the disk; None if nothing is."""
        banner = self.query_one(ProblemBanner)
        if problem is None:
            banner.cleared(Topic.DISK)
        else:
            banner.raised(Topic.DISK, problem)

    def new_page(self) -> None:
        """Start a new page."""
        self._facts = self._facts.reset()
        self.query_one(PageView).clear()
        self.query_one(ProblemBanner).forget()
