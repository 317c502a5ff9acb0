from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.audio.pcm import Format
from skdictate.mic_protocol.admission import GAPS, GAPS_PER_S, SLACK_S, SPOOLED_S, Admission
from skdictate.mic_protocol.frames import FARTHEST, FrameError

SOUND = Format(1000)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 120)), max_size=60))
def test_each_sample_is_new_once_whatever_comes_again(pieces: list[tuple[int, int]]) -> None:
    intake = Admission(SOUND, 0, 0.0)
    taken: list[int] = []
    for sample, n_samples in pieces:
        try:
            n_new = intake.admit(sample, n_samples, 0.0)
        except FrameError:
            assert sample > intake.next
            continue
        taken += range(sample + n_samples - n_new, sample + n_samples)
    assert taken == list(range(intake.next))


def test_a_stream_begins_where_its_sender_has_it() -> None:
    intake = Admission(SOUND, 500, 0.0)
    assert intake.admit(500, 20, 0.0) == 20
    assert intake.next == 520


@pytest.mark.parametrize("passed_s", [0.0, 1000.0])
def test_no_more_is_missing_than_time_has_passed(passed_s: float) -> None:
    most = SOUND.samples(passed_s + SLACK_S)
    intake = Admission(SOUND, 0, 50.0)
    assert intake.admit(0, most - 1, 50 + passed_s, is_gap=True) == most - 1
    assert intake.admit(0, most, 50 + passed_s, is_gap=True) == 1
    with pytest.raises(FrameError, match="samples missing"):
        intake.admit(most, 1, 50 + passed_s, is_gap=True)
    assert intake.next == most, "a refused gap has not come"


def test_no_more_sound_comes_than_time_has_passed_and_a_spool_holds() -> None:
    intake = Admission(SOUND, 0, 0.0)
    most = SOUND.samples(SLACK_S + SPOOLED_S)
    assert intake.admit(0, most, 0.0) == most
    with pytest.raises(FrameError, match="more sound than"):
        intake.admit(most, 1, 0.0)
    assert intake.admit(most, 1, 0.001) == 1


def test_holes_are_few_for_the_sound_between_them() -> None:
    intake = Admission(SOUND, 0, 0.0)
    n_gaps = 0
    with pytest.raises(FrameError, match="gaps in 1 seconds"):
        while True:
            intake.admit(intake.next, 5, 1000.0)
            assert intake.admit(intake.next, 5, 1000.0, is_gap=True) == 5
            intake.admit(intake.next - 5, 5, 1000.0, is_gap=True)  # it was told already
            n_gaps += 1
    assert n_gaps == GAPS + GAPS_PER_S
    intake.admit(intake.next, 1000, 1000.0)
    assert intake.admit(intake.next, 5, 1000.0, is_gap=True) == 5


@given(st.integers(0, FARTHEST), st.integers(0, FARTHEST), st.booleans())
def test_nothing_that_a_peer_claims_makes_it_count_further(
    sample: int, n_samples: int, is_gap: bool
) -> None:
    intake = Admission(SOUND, 0, 0.0)
    with suppress(FrameError):
        intake.admit(sample, n_samples, 0.0, is_gap=is_gap)
    assert 0 <= intake.next <= SOUND.samples(SLACK_S + SPOOLED_S)
