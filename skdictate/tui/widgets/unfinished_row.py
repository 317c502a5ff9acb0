"""One row: what could be recognised yet, or how far that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from skdictate.library.unfinished import Found
from skdictate.output.phrases import clock
from skdictate.output.unfinished_text import offered

if TYPE_CHECKING:
    from skdictate.app.reprocess_report import ReprocessProgress


def said(at: ReprocessProgress) -> str:
    """How far it is, for a person."""
    done, whole = (clock(at.sound.ms(n)) for n in (at.n_done, at.n_samples))
    return f"Recognising dictation {at.dictation_id}: {done} of {whole}, {at.phase}."


class UnfinishedRow(Widget):
    """Takes no room while there is nothing to offer, or something is dictated."""

    words: reactive[str] = reactive("", layout=True)
    key: reactive[str] = reactive("")

    def show(self, found: Found, at: ReprocessProgress | None, *, is_dictating: bool) -> None:
        """How things stand."""
        if at is not None:
            self.words, self.key = said(at), "" if is_dictating else " u stops it."
        else:
            self.words = "" if is_dictating else offered(found)
            self.key = " u recognises it."
        self.set_class(bool(self.words), "-standing")

    def render(self) -> RenderResult:
        """The words, and the key that does something about it."""
        return Content.assemble(self.words, (self.key, "bold"))
