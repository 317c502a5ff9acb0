"""The format Markdown, in which the text is escaped so that it is not read as markup."""

from __future__ import annotations

import re

from skdictate.core.changes import Gap, Line
from skdictate.output.phrases import clock, gap_text
from skdictate.output.plain_text import TextFormat

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~${}]|&(?=#?\w+;))")
"""Markup characters of CommonMark and its common extensions (tables, strikethrough, formulas,
attributes), and an ampersand that begins an entity such as ``&lt;``."""


class MarkdownFormat(TextFormat):
    """Paragraphs with their times."""

    def line(self, line: Line) -> str:
        """A paragraph."""
        return f"**{clock(self._ms(line.start_sample))}** {_escaped(line.text)}\n\n"

    def gap(self, gap: Gap) -> str:
        """A quoted paragraph."""
        return f"> **{clock(self._ms(gap.start_sample))}** *{_escaped(gap_text(gap))}*\n\n"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
