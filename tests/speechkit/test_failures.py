"""Every error of the service, at every moment, through the real engine: said rightly, retried
rightly, and no number lost."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from skdictate.core.changes import GapMarked, ProblemCleared, ProblemRaised, Reason, Topic
from skdictate.errors import Exit, Kind
from skdictate.sources.file_source import FileSource
from skdictate.system.paths import Paths
from tests.engine.test_engine import SOUND, desk
from tests.speechkit.failing import Fault, Moment, failing
from tests.support.number_recogniser import count, numbers, write

C = grpc.StatusCode
LAST = 60
HOSTILE = "\x1b]0;title\x07[/bold]\u202egnip\x9b31m"

PERMANENT = [
    (C.UNAUTHENTICATED, "Unknown api key", "key is not accepted"),
    (C.UNAUTHENTICATED, "The token has expired", "has expired"),
    (C.UNAUTHENTICATED, "Key 'ajx' was not found", "authorized key"),
    (C.UNAUTHENTICATED, "You have to specify folder ID for user account", "needs a folder"),
    (
        C.PERMISSION_DENIED,
        "Permission to [resource-manager.folder x] denied",
        "not allowed to recognise",
    ),
    (
        C.INVALID_ARGUMENT,
        "Specified folder ID 'a' does not match with service account folder ID 'b'",
        "does not belong to the key",
    ),
    (C.INVALID_ARGUMENT, "The first message has to be session_options", "other messages"),
    (C.INVALID_ARGUMENT, "sample_rate_hertz has to be from 8000 to 48000", "the sample rate"),
    (C.INVALID_ARGUMENT, "Unsupported language code", "the language"),
    (C.INVALID_ARGUMENT, "Unknown classifier", "classifier, summary or analysis"),
    (C.INVALID_ARGUMENT, "bad request", "the settings"),
    (C.UNIMPLEMENTED, "Method not found!", "does not recognise speech"),
]
PASSING = [
    (C.RESOURCE_EXHAUSTED, "Quota exceeded", "quota"),
    (C.RESOURCE_EXHAUSTED, "Received message larger than max (5 vs. 4)", "too large"),
    (C.UNAVAILABLE, "try again", "cannot be reached"),
    (C.DEADLINE_EXCEEDED, "too late", "too slow"),
    (C.INTERNAL, "something broke", "failed"),
    (C.INTERNAL, "Received RST_STREAM with error code 2", "broke the connection"),
    (C.CANCELLED, "gone", "cancelled"),
    (C.UNKNOWN, HOSTILE, "broke the connection"),
    (C.DATA_LOSS, "odd", "broke the connection"),
]
LIMITS = [
    (C.OUT_OF_RANGE, "Exceeded maximum allowed stream duration"),
    (C.INVALID_ARGUMENT, "audio should be less than 5 min"),
    (C.INVALID_ARGUMENT, "audio should be less than 5min"),
    (C.RESOURCE_EXHAUSTED, "Exceeded maximum allowed stream size"),
    (C.DEADLINE_EXCEEDED, "Chunks have to be sent with at least one per 5 seconds frequency"),
]


class Live(FileSource):
    """A recording that does not wait, as a microphone does not."""

    is_live = True


def sound(last: int) -> bytes:
    return count(1, last, SOUND, gap_s=0.05, pause_s=0.5, run=10) if last else b""


def spoken(folder: Path) -> Live:
    return Live([write(folder / "numbers.wav", sound(LAST), SOUND)], SOUND, 0)


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize(("code", "text", "title"), PASSING)
async def test_what_passes_is_said_and_costs_no_word(
    paths: Paths, tmp_path: Path, code: grpc.StatusCode, text: str, title: str, moment: Moment
) -> None:
    fault = Fault(code, text, moment)
    async with (
        failing(paths, fault) as (endpoint, server),
        desk(paths, spoken(tmp_path), endpoint) as it,
    ):
        outcome = await it.engine.run()
    raised = [c for c in it.changes if isinstance(c, ProblemRaised)]
    assert len(raised) == 1
    assert raised[0].topic is Topic.LINK
    assert title in raised[0].problem.title
    assert not raised[0].problem.is_permanent
    assert raised[0].retry_s is not None, "when the next try will be made can be seen"
    assert raised[0].problem.detail.isprintable()
    assert ProblemCleared(Topic.LINK) in it.changes
    assert numbers(" ".join(it.texts())) == list(range(1, LAST + 1))
    assert (outcome.n_gaps, outcome.problem, server.n_sessions) == (0, None, 2)


@pytest.mark.parametrize(("code", "text", "title"), PERMANENT)
async def test_what_cannot_pass_stops_links_but_not_the_recording(
    paths: Paths, tmp_path: Path, code: grpc.StatusCode, text: str, title: str
) -> None:
    fault = Fault(code, text, Moment.OPEN)
    source = spoken(tmp_path)
    async with (
        failing(paths, fault) as (endpoint, server),
        desk(paths, source, endpoint) as it,
    ):
        outcome = await it.engine.run()
        kept = it.kept()
    assert outcome.problem is not None
    assert title in outcome.problem.title
    assert outcome.problem.is_permanent
    assert outcome.problem.hint
    assert server.n_sessions == 1, "another try could not help"
    assert outcome.billed_s == 0, "what is refused is not billed"
    assert kept.n_samples * 2 + 44 == (tmp_path / "numbers.wav").stat().st_size
    gaps = [c.gap for c in it.changes if isinstance(c, GapMarked)]
    assert [gap.reason for gap in gaps] == [Reason.UNRECOGNISED]
    assert gaps[0].end_sample == kept.n_samples
    said = numbers(" ".join(it.texts()))
    assert said == list(range(1, len(said) + 1))
    assert gaps[0].start_sample <= len(sound(len(said))) // 2, "the rest lies in the gap"
    if outcome.problem.kind is Kind.CREDENTIALS:
        assert outcome.problem.exit_code is Exit.CREDENTIALS


@pytest.mark.parametrize("moment", [Moment.MIDDLE, Moment.END])
@pytest.mark.parametrize(("code", "text", "title"), PERMANENT)
async def test_a_session_that_has_answered_was_not_refused(
    paths: Paths, tmp_path: Path, code: grpc.StatusCode, text: str, title: str, moment: Moment
) -> None:
    """Whatever it ends with: who we are and what we asked for was good enough until then."""
    fault = Fault(code, text, moment)
    async with (
        failing(paths, fault) as (endpoint, server),
        desk(paths, spoken(tmp_path), endpoint) as it,
    ):
        outcome = await it.engine.run()
    assert not [c for c in it.changes if isinstance(c, ProblemRaised)], title
    assert numbers(" ".join(it.texts())) == list(range(1, LAST + 1))
    assert (outcome.n_gaps, outcome.problem, server.n_sessions) == (0, None, 2)


async def test_what_was_accepted_and_is_refused_then_is_refused(
    paths: Paths, tmp_path: Path
) -> None:
    fault = Fault(C.UNAUTHENTICATED, "The token has expired", Moment.MIDDLE)
    fault.then = Moment.OPEN
    fault.n_sessions = 2
    async with (
        failing(paths, fault) as (endpoint, server),
        desk(paths, spoken(tmp_path), endpoint) as it,
    ):
        outcome = await it.engine.run()
    assert outcome.problem is not None
    assert outcome.problem.is_permanent
    assert (outcome.n_gaps, server.n_sessions) == (1, 2)


@pytest.mark.parametrize(("code", "text"), LIMITS)
async def test_the_end_of_a_session_is_no_news(
    paths: Paths, tmp_path: Path, code: grpc.StatusCode, text: str
) -> None:
    fault = Fault(code, text, Moment.MIDDLE)
    async with (
        failing(paths, fault) as (endpoint, server),
        desk(paths, spoken(tmp_path), endpoint) as it,
    ):
        outcome = await it.engine.run()
    assert not [c for c in it.changes if isinstance(c, ProblemRaised)]
    assert numbers(" ".join(it.texts())) == list(range(1, LAST + 1))
    assert (outcome.n_gaps, server.n_sessions) == (0, 2)


@pytest.mark.parametrize(("code", "text"), LIMITS)
async def test_a_limit_that_nothing_was_sent_for_is_not_tried_without_end(
    paths: Paths, tmp_path: Path, code: grpc.StatusCode, text: str
) -> None:
    fault = Fault(code, text, Moment.OPEN, n_sessions=3)
    async with (
        failing(paths, fault) as (endpoint, server),
        desk(paths, spoken(tmp_path), endpoint) as it,
    ):
        outcome = await it.engine.run()
    raised = [c for c in it.changes if isinstance(c, ProblemRaised)]
    assert {c.problem.kind for c in raised} == {Kind.LIMIT}
    tries_s = [c.retry_s for c in raised if c.retry_s is not None]
    assert len(tries_s) == 3
    assert tries_s[0] < tries_s[2], "a longer wait is cut short where the last words are awaited"
    assert numbers(" ".join(it.texts())) == list(range(1, LAST + 1))
    assert (outcome.n_gaps, server.n_sessions) == (0, 4)
