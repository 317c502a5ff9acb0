from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.mic_protocol.osc_channel import LONGEST, OscChannel, osc_message

WORDS = st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3)
SCREEN = st.lists(
    st.sampled_from([b"\x1b", b"\x1b]", b"\x1b[2J", b"text", b"\x1b]7707;", b"\x1b\\", b"\xff"])
).map(b"".join)


@given(st.lists(st.tuples(SCREEN, WORDS), max_size=4), SCREEN, st.data())
def test_what_is_said_aside_is_heard_and_all_else_is_shown(
    said: list[tuple[bytes, dict[str, str]]], last: bytes, data: st.DataObject
) -> None:
    whole = b"".join(screen + osc_message(**words) for screen, words in said) + last
    asides = OscChannel()
    shown = b""
    while whole:
        size = data.draw(st.integers(1, len(whole)))
        shown += asides.feed(whole[:size])
        whole = whole[size:]
    assert shown + asides.flush() == b"".join(screen for screen, _ in said) + last
    assert asides.messages == [words for _, words in said]
    assert asides.flush() == b""


@pytest.mark.parametrize(
    "words",
    [b"no words", b"[1]", b"[" * 4000, b'{"a": "' + b"x" * LONGEST + b'"}', b"x" * (2 * LONGEST)],
)
def test_what_only_looks_like_it_is_shown(words: bytes) -> None:
    asides = OscChannel()
    whole = b"before\x1b]7707;skdictate;" + words + b"\x1b\\after"
    assert asides.feed(whole) + asides.flush() == whole
    assert asides.messages == []


def test_nothing_is_held_back_that_cannot_go_on() -> None:
    asides = OscChannel()
    assert asides.feed(b"text\x1b[") == b"text\x1b["
    assert asides.feed(b"x\x1b]77") == b"x"
    assert asides.feed(b"08;") == b"\x1b]7708;"
