"""Space is held to talk where the terminal tells of releases, and starts and stops elsewhere."""

from __future__ import annotations

import signal
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from skdictate.library.library import Library
from skdictate.system.paths import Paths
from skdictate.tui.keyboard import ASK, EVENT_TYPES, Flags, KeyStream, SpaceUp
from skdictate.tui.messages import KeyboardReported, SpaceReleased
from skdictate.tui.terminal import RESET
from skdictate.tui.terminal_driver import HoldParser
from tests.support.kitty import ALL, FOCUS_OUT, SPACE_AGAIN, SPACE_DOWN, SPACE_UP, Kitty
from tests.support.terminal import Terminal

WHY_NOT = ("This terminal does not report key",)
"""As it is broken into rows."""
WANTED = EVENT_TYPES | 0b1000
"""Without reports of all keys, a space would come as text, and its release not at all."""
UP = SpaceUp()


def taken(*pieces: str) -> tuple[str, list[Flags | SpaceUp]]:
    """What comes out of a stream: the text, and the rest in order."""
    stream = KeyStream()
    out = [item for piece in pieces for item in stream.feed(piece)]
    text = "".join(item for item in out if isinstance(item, str)) + stream.flush()
    return text, [item for item in out if not isinstance(item, str)]


# ----------------------------------------------------------------------------- the stream


@pytest.mark.parametrize(
    ("sent", "text", "ours"),
    [
        (SPACE_UP, "", [UP]),
        ("\x1b[32;129:3u", "", [UP]),  # with num lock
        ("\x1b[32;2:3u", "", [UP]),  # shift went down meanwhile
        ("\x1b[32:32;1:3u", "", [UP]),
        (SPACE_AGAIN, "", []),
        (SPACE_DOWN, SPACE_DOWN, []),
        ("\x1b[32;1:1;32u", "\x1b[32;1;32u", []),
        ("\x1b[1079;;1079u", "\x1b[1079;;1079u", []),  # a Cyrillic letter
        ("\x1b[1079;1:1;1079u", "\x1b[1079;1;1079u", []),
        ("\x1b[1079;1:2;1079u", "", []),
        ("\x1b[1079;1:3u", "", []),
        ("\x1b[112;5:1u", "\x1b[112;5u", []),
        ("\x1b[112;5:3u", "", []),
        ("\x1b[1;1:2B", "\x1b[1;1B", []),  # a held arrow scrolls on
        ("\x1b[1;1:3B", "", []),
        ("\x1b[6;1:2~", "\x1b[6;1~", []),
        ("\x1b[127;1:2u", "\x1b[127;1u", []),  # and a held backspace deletes on
        ("\x1b[57421;1:2u", "\x1b[57421;1u", []),  # and a keypad's page up turns on
        ("\x1b[13;1:3u", "", []),
        ("\x1b[?27u", "", [Flags(27)]),
        ("\x1b[?0u", "", [Flags(0)]),
        (f"я{SPACE_DOWN}\x1b[O{SPACE_UP}p", f"я{SPACE_DOWN}\x1b[Op", [UP]),
    ],
)
def test_presses_are_for_the_library_and_the_rest_is_not(
    sent: str, text: str, ours: list[Flags | SpaceUp]
) -> None:
    assert taken(sent) == (text, ours)
    for cut in range(len(sent) + 1):
        assert taken(sent[:cut], sent[cut:]) == (text, ours), "wherever it is cut"
    assert taken(*sent) == (text, ours)


@pytest.mark.parametrize(
    "sent",
    [
        "зpq ",
        "\x1b",
        "\x1b\x1b",
        "\x1b[",
        "\x1bp",
        "\x1bOP",
        "\x1b[A",
        "\x1b[5~",
        "\x1b[1;5C",
        "\x1b[I\x1b[O",
        "\x1b[<35;10;4M",
        "\x1b[3;4R",
        "\x1b[?2026;2$y",
        "\x1b[48;24;80;0;0t",
        "\x1b[200~32;1:3u\x1b[201~",
        "\x1b[" + "1" * 99 + ";1:3u"[:2],
        "\x1b]11;rgb:0/0/0\x1b\\",
    ],
)
def test_what_is_not_of_the_protocol_passes_untouched(sent: str) -> None:
    assert taken(sent) == (sent, [])
    assert taken(*sent) == (sent, [])


@given(
    st.lists(
        st.sampled_from([SPACE_DOWN, SPACE_AGAIN, SPACE_UP, "\x1b[?27u", "\x1b[A", "й", "\x1b"])
    ),
    st.data(),
)
def test_pieces_make_no_difference(sent: list[str], data: st.DataObject) -> None:
    whole = "".join(sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert taken(*pieces) == taken(whole)


def test_a_sequence_without_an_end_is_not_waited_for() -> None:
    stream = KeyStream()
    assert "".join(map(str, stream.feed("\x1b[" + "1" * 99))) == "\x1b[" + "1" * 99


def test_what_is_asked_for_is_taken_back_with_what_the_library_asked_for() -> None:
    keyboard = Kitty()
    library = b"\x1b[>25u"
    assert keyboard.hear(library + ASK.encode()) == b"\x1b[?27u"
    keyboard.hear(library + ASK.encode() + RESET.encode())
    assert keyboard.stack == [0]
    assert not keyboard.has_underflown


# ----------------------------------------------------------------------------- the parser


def keys(messages: list[Message]) -> list[str]:
    return [m.key if isinstance(m, events.Key) else type(m).__name__ for m in messages]


def test_messages_keep_the_order_of_what_was_sent() -> None:
    parser = HoldParser()
    messages = list(parser.feed(f"\x1b[?27u{SPACE_DOWN}\x1b[O{SPACE_UP}{SPACE_DOWN}{SPACE_UP}"))
    assert keys(messages) == [
        "KeyboardReported",
        "space",
        "AppBlur",
        "SpaceReleased",
        "space",
        "SpaceReleased",
    ]
    assert isinstance(messages[0], KeyboardReported)
    assert messages[0].has_releases
    assert isinstance(messages[-1], SpaceReleased)


def test_the_escape_key_is_one_even_without_the_protocol() -> None:
    parser = HoldParser()
    assert not keys(list(parser.feed("\x1b")))
    deadline_s = time.monotonic() + 5
    seen: list[str] = []
    while not seen and time.monotonic() < deadline_s:
        time.sleep(0.02)
        seen += keys(list(parser.tick()))
    assert seen == ["escape"]


def test_a_sequence_that_stalls_on_its_way_is_still_a_release() -> None:
    parser = HoldParser()
    assert not keys(list(parser.feed(SPACE_UP[:5])))
    time.sleep(0.3)
    assert not keys(list(parser.tick()))
    assert keys(list(parser.feed(SPACE_UP[5:]))) == ["SpaceReleased"]


# ----------------------------------------------------------------------------- in a terminal


def n_kept(paths: Paths) -> int:
    library = Library(paths.library)
    n_kept = len(library.ids())
    library.close()
    return n_kept


def test_while_space_is_held_it_records_one_dictation(paths: Paths) -> None:
    keyboard = Kitty()
    with Terminal("--demo", "--talk", "hold", keyboard=keyboard) as it:
        it.wait("Hold space and speak.", "space Talk")
        assert keyboard.stack[-1] & WANTED == WANTED
        it.press(SPACE_DOWN)
        it.wait("Listening", "enter Finish", "p Pause")
        it.press(*[SPACE_AGAIN] * 20)
        it.press(*[SPACE_DOWN] * 3)  # a repeat, as some terminals tell it
        it.wait("0:00  It was the best of times")
        it.press(SPACE_UP)
        first = it.wait("Paused", "p Resume").split("\n")[0]
        time.sleep(1)
        assert it.text.split("\n")[0] == first, "nothing is recorded"
        it.press(SPACE_DOWN)
        it.wait("Listening")
        time.sleep(1)
        it.press(SPACE_UP)
        assert it.wait("Paused").split("\n")[0] > first
        it.press("\x1b[13u")
        it.wait("Saved as dictation 1", "space Talk")
        it.press("\x1b[113;;113u")
        assert it.exit_code() == 0
        assert it.is_restored()
    assert n_kept(paths) == 1
    assert keyboard.stack == [0]
    assert not keyboard.has_underflown


def test_a_press_and_its_release_in_one_piece_leave_nothing_recording() -> None:
    with Terminal("--demo", "--talk", "hold", keyboard=Kitty()) as it:
        it.wait("Hold space and speak.")
        it.press(SPACE_DOWN + SPACE_UP)
        it.wait("Paused")
        for _ in range(20):
            it.press((SPACE_DOWN + SPACE_UP) * 3)
        time.sleep(0.5)
        first = it.wait("Paused").split("\n")[0]
        time.sleep(1)
        assert it.text.split("\n")[0] == first
        it.press(SPACE_UP + SPACE_UP + SPACE_DOWN)
        it.wait("Listening")


def test_another_window_counts_as_a_release() -> None:
    with Terminal("--demo", "--talk", "hold", keyboard=Kitty()) as it:
        it.wait("Hold space and speak.")
        it.press(SPACE_DOWN)
        it.wait("Listening")
        it.press(FOCUS_OUT)
        it.wait("Paused")


def test_without_a_hand_on_the_key_p_goes_on_and_letters_that_are_held_act_once() -> None:
    with Terminal("--demo", "--talk", "hold", keyboard=Kitty()) as it:
        it.wait("Hold space and speak.")
        it.press(SPACE_DOWN + SPACE_UP)
        it.wait("Paused", "p Resume")
        it.press("\x1b[1079;;1079u", *["\x1b[1079;1:2;1079u"] * 9, "\x1b[1079;1:3u")
        it.wait("Listening", "p Pause")
        it.press(FOCUS_OUT)
        time.sleep(0.5)
        assert "Listening" in it.text, "only what is held is let go"
        it.press(SPACE_DOWN, SPACE_UP)
        it.wait("Paused")


def test_help_and_palette_know_that_space_is_held() -> None:
    with Terminal("--demo", "--talk", "hold", keyboard=Kitty()) as it:
        it.wait("Hold space and speak.")
        it.press("\x1b[63;;63u")
        screen = it.wait("Hold it and speak", "enter  End the dictation")
        assert "Start and stop" not in screen
        it.press(SPACE_DOWN, SPACE_UP)
        it.wait("Hold space and speak.")
        it.press("\x1b[112;5u")
        assert "Hold it" not in it.wait("Quit; dictations are saved")
        it.press("a", SPACE_DOWN, SPACE_UP, "z")
        it.wait("a z")
        assert "Listening" not in it.text
        it.press("\x1b[27u")
        it.wait("Hold space and speak.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_gives_the_keyboard_back(paths: Paths, number: signal.Signals, code: int) -> None:
    keyboard = Kitty()
    with Terminal("--demo", "--talk", "hold", keyboard=keyboard) as it:
        it.wait("Hold space and speak.")
        it.press(SPACE_DOWN)
        it.wait("0:00  It was the best of times")
        assert keyboard.stack[-1] & WANTED == WANTED
        it.signal(number)
        assert it.exit_code() == code
        assert it.is_restored()
    assert n_kept(paths) == 1
    assert keyboard.stack == [0]
    assert not keyboard.has_underflown


@pytest.mark.parametrize("keyboard", [None, Kitty(known=ALL & ~EVENT_TYPES)])
def test_where_releases_are_not_told_it_says_so_and_space_starts_and_stops(
    keyboard: Kitty | None,
) -> None:
    with Terminal("--demo", "--talk", "hold", keyboard=keyboard) as it:
        screen = it.wait(*WHY_NOT, "space Stop")
        assert "Finish" not in screen
        it.wait("It was the best of times")
        it.press(" ")
        it.wait("Saved as dictation 1", "space Start")
        it.press("q")
        assert it.exit_code() == 0
        assert it.is_restored()


def test_an_answer_that_comes_late_still_counts() -> None:
    with Terminal("--source", "mic", "--talk", "hold") as it:
        it.wait("Press space and speak.", *WHY_NOT)
        it.press("\x1b[?27u")
        it.wait("Hold space and speak.")


def test_who_toggles_has_the_keyboard_of_the_library() -> None:
    keyboard = Kitty()
    with Terminal("--source", "mic", keyboard=keyboard) as it:
        it.wait("Press space and speak.", "space Start")
        assert not keyboard.stack[-1] & EVENT_TYPES
        assert b"\x1b[?u" not in it.output
        assert b"\x1b[=" not in it.output
