"""Terminals of all kinds, by what they say of themselves."""

from __future__ import annotations

import pytest

from skdictate.doctor.check_result import CheckContext, CheckState
from skdictate.doctor.terminal_check import described, terminal

FOOT = b"\x1b[?0u\x1b[?62;4;22;28;52c"
XTERM = b"\x1b[?64;1;2;6;9;15;18;21;22c"


@pytest.mark.parametrize(
    ("environ", "answer", "said"),
    [
        (
            {"TERM": "foot", "COLORTERM": "truecolor"},
            FOOT,
            "16 million colours, UTF-8, foot, kitty keyboard protocol, clipboard can be set",
        ),
        (
            {"TERM": "xterm-256color"},
            XTERM,
            "256 colours, UTF-8, xterm-256color, plain keyboard protocol, clipboard unknown",
        ),
        (
            {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"},
            b"",
            "256 colours, UTF-8, tmux-256color in tmux, keyboard protocol unknown, "
            "clipboard unknown",
        ),
        (
            {"TERM": "screen", "STY": "1.pts"},
            b"\x1b[?1;2c",
            "16 colours, UTF-8, screen in screen, plain keyboard protocol, clipboard unknown",
        ),
        (
            {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"},
            b"\x1b[?1;2c",
            "256 colours, UTF-8, xterm-256color, plain keyboard protocol, clipboard cannot be set",
        ),
        (
            {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"},
            XTERM,
            "no colours (NO_COLOR), UTF-8, xterm-256color, plain keyboard protocol, "
            "clipboard unknown",
        ),
    ],
)
def test_what_it_can_do_is_told(environ: dict[str, str], answer: bytes, said: str) -> None:
    finding = described(environ, (80, 24), "utf-8", answer)
    assert (finding.state, finding.detail) == (CheckState.OK, f"80x24, {said}")


@pytest.mark.parametrize(
    ("name", "size", "encoding", "said"),
    [
        ("dumb", (80, 24), "utf-8", "skdictate listen"),
        ("", (80, 24), "utf-8", "skdictate listen"),
        ("xterm", (80, 24), "iso8859-1", "LC_ALL"),
        ("xterm", (39, 24), "UTF8", "40x10"),
        ("xterm", (80, 9), "utf-8", "40x10"),
    ],
)
def test_what_it_lacks_has_a_remedy(
    name: str, size: tuple[int, int], encoding: str, said: str
) -> None:
    finding = described({"TERM": name}, size, encoding, XTERM)
    assert finding.state is CheckState.WARNING
    assert said in finding.hint


async def test_where_the_output_is_none_none_is_asked(case: CheckContext) -> None:
    assert (await terminal(case)).state is CheckState.SKIPPED
