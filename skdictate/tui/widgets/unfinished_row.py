"""The row that offers to recognise unfinished dictations, or shows the progress."""

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


def progress_text(at: ReprocessProgress) -> str:
    """The progress of reprocessing as a sentence."""
    done, whole = (clock(at.sound.ms(n)) for n in (at.n_done, at.n_samples))
    return f"Recognising dictation {at.dictation_id}: {done} of {whole}, {at.phase}."


class UnfinishedRow(Widget):
    """Hidden during a dictation, and while nothing is unfinished."""

    words: reactive[str] = reactive("", layout=True)
    key: reactive[str] = reactive("")

    def show(self, found: Found, at: ReprocessProgress | None, *, is_dictating: bool) -> None:
        """Show the progress ``at``, or what was found unfinished."""
        if at is not None:
            self.words, self.key = progress_text(at), "" if is_dictating else " Press u to stop."
        else:
            self.words = "" if is_dictating else offered(found)
            self.key = " Press u to recognise it."
        self.set_class(bool(self.words), "-standing")

    def render(self) -> RenderResult:
        """The text, and the key to press."""
        return Content.assemble(self.words, (self.key, "bold"))
