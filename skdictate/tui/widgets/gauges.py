"""Gauges of how much of the session's limits is used."""

from __future__ import annotations

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from skdictate.core.limits import HARD, SOFT, Limits
from skdictate.core.status import Status
from skdictate.output.phrases import clock
from skdictate.tui.widgets.bar import ruled


class Gauge(Widget):
    """A label and numbers above a thin bar."""

    words: reactive[str] = reactive("")
    share: reactive[float] = reactive(0.0)

    def __init__(self, *labels: str, id: str) -> None:  # noqa: A002 - the library's name for it
        super().__init__(id=id)
        self._labels = [f"{label} " for label in labels]
        """Labels from long to short; the longest that fits is shown."""

    def render(self) -> RenderResult:
        """Two rows: label and numbers, and the bar."""
        width = max(1, self.size.width)
        text, rest = ruled(self.share, width)
        color = "$error" if self.share >= HARD else "$warning" if self.share >= SOFT else "$accent"
        label = next((it for it in self._labels if len(it) + len(self.words) <= width), "")
        return Content.assemble(
            (label, "$foreground-muted"),
            self.words[:width],
            "\n",
            (text, color),
            (rest, "$foreground 15%"),
        )


class Gauges(Horizontal):
    """The session's audio and data, and the time since the last message."""

    def compose(self) -> ComposeResult:
        """Three gauges side by side."""
        yield Gauge("Audio", id="audio")
        yield Gauge("Data", id="data")
        yield Gauge("Last message", "Message", "Msg", id="message")

    def show(self, status: Status | None) -> None:
        """Show the status of a dictation; zeros without one."""
        limits = status.limits if status else Limits()
        session = status.session if status else None
        audio_s = session.audio_s if session else 0.0
        size_mb = session.size_bytes / 1e6 if session else 0.0
        since_s = session.since_message_s if session else 0.0
        limit_mb = limits.session_bytes / 1e6
        self._set(
            "#audio",
            f"{clock(int(audio_s * 1000))} of {clock(int(limits.session_s * 1000))}",
            audio_s / limits.session_s,
        )
        self._set("#data", f"{size_mb:.1f} of {limit_mb:g} MB", size_mb / limit_mb)
        self._set("#message", f"{since_s:.1f} of {limits.idle_s:g} s", since_s / limits.idle_s)

    def _set(self, selector: str, words: str, share: float) -> None:
        gauge = self.query_one(selector, Gauge)
        gauge.words = words
        gauge.share = round(share, 3)
