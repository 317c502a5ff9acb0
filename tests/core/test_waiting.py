"""A source that waits for the recogniser is no microphone, and is not told about one."""

from __future__ import annotations

import pytest

from skdictate.core.changes import Topic
from skdictate.core.policy import Policy
from tests.core.test_dictation import Desk


def silent(desk: Desk) -> list[str]:
    """What is said of a source that gives nothing for half a minute."""
    desk.now_s += 30.0
    desk.machine.tick(desk.now_s)
    found = desk.machine.status(desk.now_s).problems
    return [it.problem.hint for it in found if it.topic is Topic.CAPTURE]


def test_one_that_is_held_is_not_missed_and_one_that_goes_on_is() -> None:
    desk = Desk(policy=Policy(is_live=False))
    desk.machine.started(desk.now_s)
    desk.hear()
    desk.machine.held(desk.now_s)
    assert silent(desk) == []
    desk.machine.started(desk.now_s)
    assert len(silent(desk)) == 1


@pytest.mark.parametrize("hears_microphone", [False, True])
def test_the_microphone_is_named_where_there_is_one(*, hears_microphone: bool) -> None:
    desk = Desk(policy=Policy(hears_microphone=hears_microphone))
    desk.machine.started(desk.now_s)
    (hint,) = silent(desk)
    assert ("microphone" in hint) is hears_microphone


@pytest.mark.parametrize(
    ("is_live", "words"), [(True, "Recording goes on"), (False, "The file waits")]
)
def test_a_file_waits_and_is_not_recorded_on(*, is_live: bool, words: str) -> None:
    desk = Desk(policy=Policy(is_live=is_live))
    desk.hear()
    desk.now_s += 11.0
    desk.machine.tick(desk.now_s)
    found = desk.machine.status(desk.now_s).problems
    hints = [it.problem.hint for it in found if it.topic is Topic.LINK]
    assert hints == [f"{words}; trying again."]
