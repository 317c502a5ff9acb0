from __future__ import annotations

import grpc
import pytest

from skdictate.errors import Exit, Kind
from skdictate.speechkit.status_problems import of_status

C = grpc.StatusCode


@pytest.mark.parametrize(
    ("code", "text", "kind", "is_permanent"),
    [
        (C.CANCELLED, "", Kind.NETWORK, False),
        (C.UNKNOWN, "", Kind.NETWORK, False),
        (C.INVALID_ARGUMENT, "Specified folder ID 'x' does not match", Kind.CREDENTIALS, True),
        (C.DEADLINE_EXCEEDED, "", Kind.NETWORK, False),
        (C.PERMISSION_DENIED, "", Kind.CREDENTIALS, True),
        (C.RESOURCE_EXHAUSTED, "", Kind.SERVICE, False),
        (C.OUT_OF_RANGE, "Exceeded maximum allowed stream duration", Kind.LIMIT, False),
        (C.UNIMPLEMENTED, "", Kind.SERVICE, True),
        (C.INTERNAL, "", Kind.SERVICE, False),
        (C.UNAVAILABLE, "", Kind.NETWORK, False),
        (C.UNAUTHENTICATED, "Unknown api key", Kind.CREDENTIALS, True),
        (C.DATA_LOSS, "", Kind.NETWORK, False),
        (None, "", Kind.NETWORK, False),
    ],
)
def test_every_status_has_a_meaning(
    code: grpc.StatusCode | None, text: str, kind: Kind, is_permanent: bool
) -> None:
    problem = of_status(code, text)
    assert (problem.kind, problem.is_permanent) == (kind, is_permanent)
    assert problem.title
    assert text in problem.detail


@pytest.mark.parametrize("code", list(C))
def test_an_idle_session_is_told_by_its_words_whatever_its_code(code: grpc.StatusCode) -> None:
    text = "Chunks have to be sent with at least one per 5 seconds frequency"
    assert of_status(code, text).kind is Kind.LIMIT


def test_words_of_a_server_cannot_act_on_a_terminal() -> None:
    assert "\x1b" not in of_status(C.INTERNAL, "\x1b]0;title\x07" * 1000).detail


def test_a_bad_key_has_an_exit_code_of_its_own() -> None:
    assert of_status(C.UNAUTHENTICATED, "").exit_code is Exit.CREDENTIALS
    assert of_status(C.UNAVAILABLE, "").exit_code is Exit.NETWORK
