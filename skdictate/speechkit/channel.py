"""Where a recogniser is and how to reach it: address, TLS, and a connection of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc

from skdictate import __version__
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.proxies import Proxy, proxy_for
from skdictate.system import small_file
from skdictate.system.addresses import is_loopback, port_of
from skdictate.system.hidden_value import ENVIRONMENT
from skdictate.system.paths import expanded

CLOUD = "stt.api.cloud.yandex.net:443"
"""The public host of streaming recognition, both API versions."""
OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.primary_user_agent", f"skdictate/{__version__}"),
    # A broken connection must not be shared with the channel that replaces it.
    ("grpc.use_local_subchannel_pool", 1),
    # A stream cannot be retried by the library: the core replays it from the recording.
    ("grpc.enable_retries", 0),
    # The core decides when to try again; the library must not still be waiting then.
    ("grpc.initial_reconnect_backoff_ms", 200),
    # How long one attempt may take, whatever the name says. The core gives up sooner; on a slow
    # way name, TCP, TLS and settings take a second and more.
    ("grpc.min_reconnect_backoff_ms", 20_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Pings find a dead connection; while audio flows the server's rules allow them.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 0),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server: its address for gRPC, and whether the wire is encrypted."""

    target: str
    is_plaintext: bool = False
    root_certificate: bytes | None = None
    """PEM; None for the roots that gRPC carries."""

    @classmethod
    def of(cls, address: str, *, is_plaintext: bool, ca_cert: str) -> Endpoint:
        """The endpoint that the user named; the cloud's if it is empty.

        Raises:
            ProblemError: the address is no address, the file cannot be read, or unencrypted audio
                would leave this machine.
        """
        target = address or CLOUD
        if not target.startswith("unix:") and not port_of(target):
            raise ProblemError(_wrong(f"{target!r} is not HOST:PORT or unix:PATH"))
        if is_plaintext and not is_loopback(target):
            raise ProblemError(
                Problem(
                    Kind.CONFIG,
                    "Refused to send speech unencrypted",
                    f"--plaintext is for this machine only, and {target} is another",
                    "Leave --plaintext out, or name the server's certificate with --ca-cert.",
                    is_permanent=True,
                )
            )
        certificate = _read(ca_cert) if ca_cert else None
        return cls(target, is_plaintext or target.startswith("unix:"), certificate)

    @property
    def proxy(self) -> Proxy | None:
        """What leads there, by the environment; it may be of a kind that cannot be used."""
        return proxy_for(self.target, ENVIRONMENT)

    def channel(self) -> grpc.aio.Channel:
        """A new channel with a connection of its own."""
        options = [*OPTIONS, _way(self.proxy)]
        if self.is_plaintext:
            return grpc.aio.insecure_channel(self.target, options)
        credentials = grpc.ssl_channel_credentials(self.root_certificate)
        return grpc.aio.secure_channel(self.target, credentials, options)


def _way(proxy: Proxy | None) -> tuple[str, Any]:
    """The library is told: by itself it reads other variables, and says nothing."""
    if proxy is None or not proxy.is_usable:
        return ("grpc.enable_http_proxy", 0)
    return ("grpc.http_proxy", proxy.url)


def _read(path: str) -> bytes:
    try:
        return small_file.read(expanded(path))
    except OSError as error:
        raise ProblemError(_wrong(f"{path}: {error.strerror}")) from error


def _wrong(detail: str) -> Problem:
    return Problem(
        Kind.CONFIG,
        "The server's address is wrong",
        detail,
        "Check --endpoint and --ca-cert.",
        is_permanent=True,
    )
