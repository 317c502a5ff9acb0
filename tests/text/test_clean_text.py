import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.text.clean_text import LONGEST, clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain words", "plain words"),
        ("  two\t\r\n spaces\u2028 ", "two spaces"),
        ("\x1b]52;c;aGk=\x07", "\ufffd]52;c;aGk=\ufffd"),
        ("\x9b31mred", "\ufffd31mred"),
        ("right\u202eto left", "right\ufffdto left"),
        ("zero\u200bwidth\ufeff", "zero\ufffdwidth\ufffd"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("e\u0301", "é"),
        ("[/] [@click=app.quit]", "[/] [@click=app.quit]"),
        (
            "\u0441\u044a\u0435\u0448\u044c \u0451\u0436",
            "\u0441\u044a\u0435\u0448\u044c \u0451\u0436",
        ),
        ("family 👨\u200d👩", "family 👨\u200d👩"),
    ],
)
def test_what_could_act_is_replaced_and_the_rest_is_kept(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_tower_of_combining_marks_is_cut_down() -> None:
    assert len(clean("a" + "\u0301\u0302" * 10_000)) < 20


def test_a_text_without_end_is_cut() -> None:
    assert len(clean("word " * LONGEST)) <= LONGEST


@given(st.text(st.characters(), max_size=200))
def test_no_control_character_survives_and_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert not [c for c in cleaned if unicodedata.category(c) in ("Cc", "Cs", "Co", "Zl", "Zp")]
    assert clean(cleaned) == cleaned
    cleaned.encode()
