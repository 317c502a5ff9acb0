"""A few of the soak's random schedules; ``python -m tests.faults schedules`` plays a thousand."""

from __future__ import annotations

import pytest

from tests.faults.schedules import play, rows


@pytest.mark.parametrize("seed", [1, 4, 7, 10])
def test_a_schedule_of_mishaps_loses_and_doubles_nothing(seed: int) -> None:
    played = play(seed)
    assert all(row.is_well for row in rows([played])), str(played)
