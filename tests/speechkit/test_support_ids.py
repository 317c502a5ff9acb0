"""The names that support asks for, from headers and from trailers, with an answer or without."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.core.events import SessionNamed
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit import support_ids
from skdictate.system.paths import Paths
from tests.speechkit.test_backend import dictate, scripted

HEADERS = (("x-request-id", "r-1"), ("x-server-trace-id", "t-2"), ("x-other", "o"))
SAID = "x-request-id r-1, x-server-trace-id t-2"


@pytest.mark.parametrize("where", ["headers", "trailers"])
async def test_a_refused_session_says_what_support_asks_for(paths: Paths, where: str) -> None:
    async def handler(context: Any) -> None:
        if where == "headers":
            await context.send_initial_metadata(HEADERS)
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Unknown api key")
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Unknown api key", HEADERS)

    async with scripted(paths, handler) as it:
        with pytest.raises(ProblemError) as caught:
            await dictate(it)
    assert caught.value.problem.support == SAID
    assert str(caught.value.problem).endswith(f" For support: {SAID}.")


async def test_without_names_of_its_own_it_is_asked_about_by_ours(paths: Paths) -> None:
    async def handler(context: Any) -> None:
        sent.extend(value for key, value in context.invocation_metadata() if key == OWN)
        await context.abort(grpc.StatusCode.INTERNAL, "broke")

    sent: list[Any] = []
    async with scripted(paths, handler) as it:
        with pytest.raises(ProblemError) as caught:
            await dictate(it)
    assert caught.value.problem.support == f"{OWN} {sent[0]}"


async def test_an_answer_names_the_session_in_full(paths: Paths) -> None:
    async def handler(context: Any) -> None:
        await context.send_initial_metadata(HEADERS)
        await context.read()
        await context.write(pb.StreamingResponse(session_uuid=pb.SessionUuid(uuid="s")))
        while await context.read() is not grpc.aio.EOF:
            pass

    async with scripted(paths, handler) as it:
        sessions = [event for event in await dictate(it) if isinstance(event, SessionNamed)]
    assert [(event.session_id, event.support) for event in sessions] == [("", SAID), ("s", SAID)]


OWN = "x-client-request-id"


def test_names_are_foreign_text() -> None:
    found = support_ids.names(
        [("x-request-id", "\x1b[31mred" + "x" * 900), ("x-server-trace-id", b"b")]
    )
    assert found.isprintable()
    assert len(found) < 130
    assert support_ids.names(None, [("x-request-id", " ")]) == ""
    assert support_ids.names([("x-request-id", "1")], [("x-request-id", "2")]) == "x-request-id 1"


def test_what_support_asks_for_makes_no_other_problem_of_it() -> None:
    one, other = (Problem(Kind.SERVICE, "failed", support=name) for name in "ab")
    assert one == other
    assert Problem.of_json(one.as_json()).support == "a"
