from __future__ import annotations

import pytest

from skdictate.audio.meter import FALL_DB_PER_S, HOLD_S, Meter
from skdictate.audio.pcm import SILENCE_DBFS, Level


def test_a_look_gives_the_loudest_since_the_last_one() -> None:
    meter = Meter()
    meter.add_level(Level(-40.0, -30.0))
    meter.add_level(Level(-20.0, 0.0, is_clipped=True))
    meter.add_level(Level(-50.0, -45.0))
    assert meter.read(0.0)[0] == Level(-20.0, 0.0, is_clipped=True)
    assert meter.read(0.1)[0] == Level(SILENCE_DBFS, SILENCE_DBFS)


def test_a_peak_is_held_and_then_falls_at_its_rate() -> None:
    meter = Meter()
    meter.add_level(Level(-20.0, -10.0))
    assert meter.read(0.0)[1] == -10.0
    assert meter.read(HOLD_S)[1] == -10.0
    assert meter.read(HOLD_S + 1)[1] == pytest.approx(-10.0 - FALL_DB_PER_S)
    assert meter.read(HOLD_S + 100)[1] == SILENCE_DBFS


def test_a_peak_over_the_falling_one_is_held_anew() -> None:
    meter = Meter()
    meter.add_level(Level(-20.0, -10.0))
    meter.read(0.0)
    meter.add_level(Level(-30.0, -25.0))
    assert meter.read(HOLD_S + 1)[1] == -25.0
    assert meter.read(2 * HOLD_S + 1)[1] == -25.0
