from __future__ import annotations

import pytest

from skdictate.mic_protocol.remote_status import is_elsewhere


@pytest.mark.parametrize(
    ("source", "is_it"),
    [
        ("remote", True),
        ("ssh://pi", True),
        ("forwarded:/tmp/s", True),
        ("mic", False),
        ("mic:remote", False),
        ("file:ssh://pi", False),
        ("remotely", False),
        ("", False),
    ],
)
def test_which_sources_are_microphones_of_other_machines(source: str, is_it: bool) -> None:
    assert is_elsewhere(source) is is_it
