"""Gets tokens from the metadata service of a virtual machine, for the machine's service account.

It is asked only if the user chose it: on any other machine the request would go to a stranger.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth.credential import Credential
from skdictate.speechkit.auth.service_account import of_token
from skdictate.speechkit.auth.token_http import fetch, malformed_answer

ADDRESS = "169.254.169.254"
VARIABLE = "YC_METADATA_ADDR"
"""The environment variable with another address; Yandex' own programs use it too."""
PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
LIMIT_S = 2.0
"""Seconds; the service is on the same host."""
WHO = "The metadata service"


async def ask(environ: Mapping[str, str]) -> Credential:
    """Get a token for this machine's service account.

    Raises:
        ProblemError: the machine has no service account, or is no virtual machine of the cloud.
    """
    address = environ.get(VARIABLE, "").strip() or ADDRESS
    if any(char in address for char in "/@?# ") or not address.isprintable():
        detail = f"{VARIABLE} is {address[:60]!r}"
        raise ProblemError(
            Problem(
                Kind.CONFIG,
                "The address of the metadata service is not valid",
                detail,
                "Give HOST:PORT.",
                True,
            )
        )
    try:
        answer = await fetch(
            f"http://{address}{PATH}",
            who=WHO,
            headers={"Metadata-Flavor": "Google"},
            is_near=True,
            limit_s=LIMIT_S,
        )
    except ProblemError as error:
        raise ProblemError(_explained(error.problem)) from None
    try:
        life_s = float(answer.get("expires_in", 0))
        ends = datetime.fromtimestamp(time.time() + life_s, UTC) if life_s > 0 else None
        return of_token(answer["access_token"], WHO.lower(), ends)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ProblemError(malformed_answer(WHO)) from None


def _explained(problem: Problem) -> Problem:
    """The problem with a hint that fits a virtual machine."""
    if problem.kind is Kind.CREDENTIALS:
        hint = "Attach a service account to this machine: yc compute instance update."
        return Problem(problem.kind, problem.title, problem.detail, hint, is_permanent=True)
    if problem.kind is Kind.NETWORK:
        hint = "Only virtual machines of the cloud have one; trying again."
        return Problem(problem.kind, problem.title, problem.detail, hint)
    return problem
