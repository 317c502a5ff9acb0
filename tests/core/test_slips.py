"""Recognisers whose times are a little off, and broken ones: what becomes of the words."""

from __future__ import annotations

import pytest

from skdictate.core.limits import Limits
from tests.core.slips import Slip
from tests.core.world import Manners, World


@pytest.mark.parametrize("has_words", [True, False])
@pytest.mark.parametrize("end", ["stop", "gap", "pause"])
def test_the_last_words_before_an_end_are_kept_however_late_their_times_are(
    end: str, *, has_words: bool
) -> None:
    world = World(1, Limits(), Manners(has_words, slip=Slip(300)))
    world.speak(20, pause=600)
    world.speak(1, length=200, pause=0)
    if end == "gap":
        world.lose(2_000)
    elif end == "pause":
        world.dictation.pause(world.now_s)
        world.settle()
        world.wait(30.0)
        world.dictation.resume(world.now_s)
    if end != "stop":
        world.speak(5, pause=600)
        world.speak(1, length=200, pause=0)
    world.finish()
    world.check()
    assert world.committed() == [str(word.number) for word in world.spoken]
