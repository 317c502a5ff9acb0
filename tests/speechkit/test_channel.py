from __future__ import annotations

from pathlib import Path

import pytest

from skdictate.errors import Exit, ProblemError
from skdictate.speechkit.channel import CLOUD, Endpoint
from skdictate.system.addresses import is_loopback


def test_without_an_address_it_is_the_cloud_with_tls() -> None:
    endpoint = Endpoint.of("", is_plaintext=False, ca_cert="")
    assert endpoint == Endpoint(CLOUD, is_plaintext=False)


@pytest.mark.parametrize(
    "target", ["localhost:5000", "127.0.0.1:1", "127.9.9.9:80", "[::1]:443", "unix:/tmp/s"]
)
def test_plaintext_stays_on_this_machine(target: str) -> None:
    assert is_loopback(target)
    assert Endpoint.of(target, is_plaintext=True, ca_cert="").is_plaintext


@pytest.mark.parametrize(
    "target",
    ["stt.api.cloud.yandex.net:443", "10.0.0.1:80", "localhost.evil.example:80", "0.0.0.0:80"],
)
def test_plaintext_to_another_machine_is_refused(target: str) -> None:
    assert not is_loopback(target)
    with pytest.raises(ProblemError, match="unencrypted") as caught:
        Endpoint.of(target, is_plaintext=True, ca_cert="")
    assert caught.value.problem.exit_code is Exit.CONFIG
    assert not Endpoint.of(target, is_plaintext=False, ca_cert="").is_plaintext


def test_tls_is_the_default_even_on_this_machine() -> None:
    assert not Endpoint.of("localhost:5000", is_plaintext=False, ca_cert="").is_plaintext


@pytest.mark.parametrize(
    "address",
    ["host", "host:", ":443", "host:port", "host:99999", "a b:1", "http://host:1", "x:1/y"],
)
def test_what_is_no_address_is_said_to_be_none(address: str) -> None:
    with pytest.raises(ProblemError, match="is not HOST:PORT"):
        Endpoint.of(address, is_plaintext=False, ca_cert="")


def test_a_certificate_that_cannot_be_read_is_said_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"missing\.pem"):
        Endpoint.of("host:1", is_plaintext=False, ca_cert=str(tmp_path / "missing.pem"))
    certificate = tmp_path / "root.pem"
    certificate.write_text("PEM")
    endpoint = Endpoint.of("host:1", is_plaintext=False, ca_cert=str(certificate))
    assert endpoint.root_certificate == b"PEM"
