"""The gRPC endpoint of a recogniser: its address, TLS, and a channel with its own connection."""

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
"""The public host for streaming recognition, for both versions of the API."""
OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.primary_user_agent", f"skdictate/{__version__}"),
    # A broken connection must not be shared with the channel that replaces it.
    ("grpc.use_local_subchannel_pool", 1),
    # gRPC cannot retry a stream; ``core`` replays it from the recording.
    ("grpc.enable_retries", 0),
    # ``core`` decides when to try again; gRPC must not be backing off at that time.
    ("grpc.initial_reconnect_backoff_ms", 200),
    # The time limit of one attempt, despite the option's name. ``core`` gives up sooner; on a slow
    # network the name lookup, TCP, TLS and HTTP/2 settings take over a second.
    ("grpc.min_reconnect_backoff_ms", 20_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Pings detect a dead connection; servers allow them while audio flows.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 0),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's gRPC address, and whether the connection is encrypted."""

    target: str
    is_plaintext: bool = False
    root_certificate: bytes | None = None
    """PEM; None for the roots that gRPC carries."""

    @classmethod
    def of(cls, address: str, *, is_plaintext: bool, ca_cert: str) -> Endpoint:
        """The endpoint for the user's settings; the cloud's if ``address`` is empty.

        Raises:
            ProblemError: the address is malformed, the file cannot be read, or audio would leave
                this machine unencrypted.
        """
        target = address or CLOUD
        if not target.startswith("unix:") and not port_of(target):
            raise ProblemError(_wrong(f"{target!r} is not HOST:PORT or unix:PATH"))
        if is_plaintext and not is_loopback(target):
            raise ProblemError(
                Problem(
                    Kind.CONFIG,
                    "Speech is not sent unencrypted",
                    f"--plaintext works only on this machine, and {target} is another one",
                    "Omit --plaintext, or give the server's certificate with --ca-cert.",
                    is_permanent=True,
                )
            )
        certificate = _read(ca_cert) if ca_cert else None
        return cls(target, is_plaintext or target.startswith("unix:"), certificate)

    @property
    def proxy(self) -> Proxy | None:
        """The proxy from the environment, which may be of a kind that cannot be used."""
        return proxy_for(self.target, ENVIRONMENT)

    def channel(self) -> grpc.aio.Channel:
        """A new channel with a connection of its own."""
        options = [*OPTIONS, _way(self.proxy)]
        if self.is_plaintext:
            return grpc.aio.insecure_channel(self.target, options)
        credentials = grpc.ssl_channel_credentials(self.root_certificate)
        return grpc.aio.secure_channel(self.target, credentials, options)


def _way(proxy: Proxy | None) -> tuple[str, Any]:
    """The gRPC option for the proxy: gRPC by itself reads other variables."""
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
        "The server's address is not valid",
        detail,
        "Check --endpoint and --ca-cert.",
        is_permanent=True,
    )
