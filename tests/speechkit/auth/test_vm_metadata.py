from __future__ import annotations

import socket
import time

import pytest

from skdictate.errors import Exit, Kind, ProblemError
from skdictate.speechkit.auth import vm_metadata
from tests.support.token_server import Iam, issuing


def environ(iam: Iam) -> dict[str, str]:
    return {"YC_METADATA_ADDR": iam.url.removeprefix("http://")}


async def test_a_machine_of_the_cloud_gives_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # there is none on the way
    with issuing(life_s=600.0) as iam:
        credential = await vm_metadata.ask(environ(iam))
    assert credential.metadata() == ("authorization", f"Bearer {iam.issued[0]}")
    assert credential.folder_id == ""
    assert credential.expires_at is not None
    assert abs(credential.expires_at.timestamp() - time.time() - 600) < 60


async def test_a_machine_without_an_account_says_so() -> None:
    with issuing(status=404) as iam, pytest.raises(ProblemError) as caught:
        await vm_metadata.ask(environ(iam))
    assert caught.value.problem.is_permanent
    assert "Attach a service account" in caught.value.problem.hint


async def test_another_machine_has_none() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ProblemError) as caught:
            await vm_metadata.ask({"YC_METADATA_ADDR": address})
    assert caught.value.problem.kind is Kind.NETWORK
    assert "Only virtual machines of the cloud" in caught.value.problem.hint


@pytest.mark.parametrize("address", ["http://x", "a b", "user@host", "x?y"])
async def test_an_address_that_is_none_is_said(address: str) -> None:
    with pytest.raises(
        ProblemError, match="address of the metadata service is not valid"
    ) as caught:
        await vm_metadata.ask({"YC_METADATA_ADDR": address})
    assert caught.value.problem.exit_code is Exit.CONFIG


@pytest.mark.parametrize("reply", [b"{}", b'{"access_token": 5}', b'{"access_token": "a b"}'])
async def test_an_answer_that_makes_no_sense_is_told(reply: bytes) -> None:
    with issuing(reply=reply) as iam, pytest.raises(ProblemError):
        await vm_metadata.ask(environ(iam))
