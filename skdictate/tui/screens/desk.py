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
from textual.widgets import Footer

from skdictate.core.audio import Format
from skdictate.core.changes import Change, SourceNamed, Topic
from skdictate.core.clean import clean
from skdictate.errors import Problem
from skdictate.tui.page import Page
from skdictate.tui.widgets.banner import Banner
from skdictate.tui.widgets.board import Board
from skdictate.tui.widgets.header import IDLE, Facts, StatusHeader
from skdictate.tui.widgets.sheet import Sheet
from skdictate.tui.widgets.welcome import GREETINGS

if TYPE_CHECKING:
    from skdictate.backstage import Began, Ended, Ready, View

FRAME_S = 0.1
"""Between two drawings of the gauges."""
REMOTE_FRAME_S = 0.25
"""The same over SSH: ten a second would be 3.5 KB/s."""
LOW, TINY = 18, 9
"""Rows below which the board shrinks, and goes."""


class Desk(Screen[None]):
    """Shows the news of a dictation; decides nothing."""

    def __init__(self, look: Callable[[], View | None]) -> None:
        super().__init__()
        self._look = look
        """The newest snapshot of the dictation, while one runs."""
        self.source = ""
        """What is heard, or would be."""
        self._facts = Facts()
        self._ready: Ready | None = None
        self._was_paused = False

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusHeader()
        yield Sheet()
        yield Banner()
        yield Board()
        yield Footer()

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
        return self.query_one(Sheet).page

    @property
    def is_cut_off(self) -> bool:
        """The recogniser cannot be reached at present."""
        return self.query_one(Banner).stands(Topic.LINK)

    def _draw(self) -> None:
        """Renew what moves by itself."""
        view = self._look()
        header = self.query_one(StatusHeader)
        facts = self._facts
        header.facts = facts.while_running(view.status, view.overruns) if view else facts
        self.query_one(Board).show(view)
        if view is not None:
            retry_in_s = view.status.retry_in_s
            shown_s = None if retry_in_s is None else round(retry_in_s + 0.5)
            self.query_one(Banner).retry_in_s = shown_s
        is_paused = view is not None and view.is_paused
        if is_paused != self._was_paused:
            self._was_paused = is_paused
            self.refresh_bindings()  # what can be resumed cannot be paused

    def show_page(self, welcome: Content, *, is_awaiting: bool) -> None:
        """The text if there is some or will be soon, else the welcome."""
        self.query_one(Sheet).show(welcome, is_awaiting=is_awaiting)
        self.refresh_bindings()

    # ------------------------------------------------------------------------- news

    def ready(self, ready: Ready) -> None:
        """A dictation may begin."""
        self._ready = ready
        self._facts = Facts.of(ready)
        self.source = ready.source

    def failed(self, problem: Problem) -> None:
        """None can."""
        self._facts = replace(self._facts, state=IDLE)
        self.query_one(Banner).raised(Topic.CAPTURE, problem)

    def began(self, began: Began) -> None:
        """A dictation runs."""
        source = clean(began.source)
        self._hear(source)
        self.query_one(Banner).forget()
        self.query_one(Sheet).begin(source, Format(began.rate_hz))

    def _hear(self, source: str) -> None:
        assert self._ready is not None
        self.source = source
        self._facts = self._facts.hearing(source, self._ready)

    def changed(self, change: Change) -> None:
        """Something has become of it."""
        if isinstance(change, SourceNamed):
            self._hear(change.name)
        before = self.page.is_empty, self.is_cut_off
        self.query_one(Sheet).take(change)
        self.query_one(Banner).take(change)
        if before != (self.page.is_empty, self.is_cut_off):
            self.refresh_bindings()  # there is something to save, or to retry

    def ended(self, ended: Ended) -> None:
        """It is over."""
        self._facts = self._facts.after(ended.outcome, ended.dictation_id)
        self.query_one(Sheet).end()
        self.query_one(Board).show(None)

    def anew(self) -> None:
        """A clean page."""
        self._facts = self._facts.anew()
        self.query_one(Sheet).clear()
        self.query_one(Banner).forget()
