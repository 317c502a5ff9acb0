"""What is learned from a stream of terminal bytes, and taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.remote_mic.ssh.terminal_modes import TerminalModes
from skdictate.tui.terminal import RESET

START = b"\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h\x1b[?25l\x1b[?1004h\x1b[>25u"
"""What the library of the screen writes first."""


def after(*pieces: bytes) -> TerminalModes:
    modes = TerminalModes()
    for piece in pieces:
        modes.feed(piece)
    return modes


def test_what_an_app_turns_on_is_turned_off_the_keyboard_before_the_screen() -> None:
    modes = after(START, b"\x1b[?2004h\x1b[?7l\x1b[?1016h\x1b[?2048h")
    assert not modes.is_clean and modes.is_alternate
    undo = modes.undo()
    for number in (1000, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2048):
        assert b"\x1b[?%dl" % number in undo
    for number in (7, 25):
        assert b"\x1b[?%dh" % number in undo
    assert undo.index(b"\x1b[<u") < undo.index(b"\x1b[?1049l"), "each screen has its own flags"


def test_an_app_that_ends_in_good_order_leaves_nothing_to_take_back() -> None:
    modes = after(START, RESET.encode())
    assert modes.is_clean
    assert modes.undo() == modes.redo() == b""


def test_flags_that_others_have_pushed_stay() -> None:
    assert b"u" not in after(b"\x1b[?1000h").undo()
    assert b"u" not in after(b"\x1b[<u\x1b[<9u\x1b[?1000h").undo()
    assert b"\x1b[<2u" in after(b"\x1b[>1u\x1b[>3u\x1b[=2;2u").undo()


@pytest.mark.parametrize(
    ("done", "undone"),
    [
        (b"\x1b[5;9r", b"\x1b7\x1b[r\x1b8"),
        (b"\x1b=", b"\x1b>"),
        (b"\x1b(0", b"\x1b(B"),
        (b"\x1b[4h", b"\x1b[4l"),
        (b"\x1b[5 q", b"\x1b[0 q"),
        (b"\x1b[>4;2m", b"\x1b[>4m"),
        (b"\x1b[=5u", b"\x1b[=0u"),
        (b"\x1b[?1;2004h", b"\x1b[?1l\x1b[?2004l"),
    ],
)
def test_other_changes_are_known_too(done: bytes, undone: bytes) -> None:
    modes = after(done)
    assert undone in modes.undo()
    assert done in modes.redo() or b"\x1b[?1h\x1b[?2004h" in modes.redo()
    assert after(modes.redo()).undo() == modes.undo()
    assert after(done, b"\x1bc").is_clean, "a reset undoes all"


def test_a_sequence_that_breaks_off_is_cancelled_and_goes_on_after_a_stop() -> None:
    modes = after(b"text\x1b[?10")
    assert modes.undo().startswith(b"\x18")
    assert modes.redo() == b"\x1b[?10"
    modes.feed(b"49h")
    assert modes.is_alternate
    assert after(b"\x1b]0;a title with no e").undo().startswith(b"\x18")


@pytest.mark.parametrize("end", [b"\x07", b"\x1b\\", b"\x18"])
def test_what_stands_in_a_string_changes_nothing(end: bytes) -> None:
    modes = after(b"\x1b]0;[?1049h", end, b"\x1b[?25l")
    assert modes.undo() == b"\x1b[?25h\x1b[0m"


def test_it_is_known_whether_a_line_has_ended() -> None:
    assert after(b"").is_at_line_start
    assert not after(b"half a line\x1b[0m").is_at_line_start
    assert after(b"a line\r\n\x1b[K").is_at_line_start
    assert after(START, b"a picture", RESET.encode()).is_at_line_start


def test_a_peer_that_means_no_good_fills_no_memory() -> None:
    many = b"".join(b"\x1b[?%dh\x1b[>1u" % number for number in range(2000, 9000))
    assert len(after(many, b"\x1b[" + b"9" * 10_000, b"\x1b]" + b"x" * 10_000).undo()) < 2000


@given(st.binary(max_size=60), st.data())
def test_any_bytes_in_any_pieces_come_to_the_same(data: bytes, draw: st.DataObject) -> None:
    stream = START + data.replace(b"\x00", b"\x1b[").replace(b"\x01", b"\x1b]") + RESET.encode()
    place = draw.draw(st.integers(0, len(stream)))
    whole, parts = after(stream), after(stream[:place], stream[place:])
    assert (whole.undo(), whole.redo()) == (parts.undo(), parts.redo())
