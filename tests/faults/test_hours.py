"""Some minutes of long dictations, through real sockets and the service's real limits."""

from __future__ import annotations

import pytest

from tests.faults.hours import Hour, dictate


@pytest.mark.parametrize(
    ("style", "rate_hz", "api", "length_s"),
    [
        ("talk", 16_000, "v2", 330),
        ("monologue", 48_000, "v3", 120),
        ("monologue", 8_000, "v2", 310),
        ("musing", 8_000, "v3", 240),
    ],
)
def test_minutes_through_real_sockets_and_real_limits(
    style: str, rate_hz: int, api: str, length_s: float
) -> None:
    hour = dictate(Hour(style, rate_hz, api, length_s), speed=150)
    assert hour.is_well, str(hour)
    assert hour.n_sessions >= 2
