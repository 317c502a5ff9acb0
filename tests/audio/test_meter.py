from __future__ import annotations

import pytest

from skdictate.audio.meter import FALL_DB_PER_S, HOLD_S, Meter
from skdictate.audio.pcm import SILENCE_DBFS, Level


def test_a_look_gives_the_loudest_since_the_last_one() -> None:
    meter = Meter()
    meter.heard(Level(-40.0, -30.0))
    meter.heard(Level(-20.0, 0.0, is_clipped=True))
    meter.heard(Level(-50.0, -45.0))
    assert meter.look(0.0)[0] == Level(-20.0, 0.0, is_clipped=True)
    assert meter.look(0.1)[0] == Level(SILENCE_DBFS, SILENCE_DBFS)


def test_a_peak_is_held_and_then_falls_at_its_rate() -> None:
    meter = Meter()
    meter.heard(Level(-20.0, -10.0))
    assert meter.look(0.0)[1] == -10.0
    assert meter.look(HOLD_S)[1] == -10.0
    assert meter.look(HOLD_S + 1)[1] == pytest.approx(-10.0 - FALL_DB_PER_S)
    assert meter.look(HOLD_S + 100)[1] == SILENCE_DBFS


def test_a_peak_over_the_falling_one_is_held_anew() -> None:
    meter = Meter()
    meter.heard(Level(-20.0, -10.0))
    meter.look(0.0)
    meter.heard(Level(-30.0, -25.0))
    assert meter.look(HOLD_S + 1)[1] == -25.0
    assert meter.look(2 * HOLD_S + 1)[1] == -25.0
