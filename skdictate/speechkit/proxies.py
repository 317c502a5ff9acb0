"""Chooses the proxy for a server from the environment variables that other programs use.

gRPC reads three of them, in lower case only, and supports HTTP proxies only (CONNECT). So it is
told here which one to use, and signing in and the audio stream take the same one. The address of a
proxy may hold a password, which is never shown.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from skdictate.errors import Kind, Problem
from skdictate.system.addresses import is_loopback
from skdictate.system.hidden_value import HiddenValue, seen

VARIABLES = ("grpc_proxy", "https_proxy", "all_proxy", "http_proxy")
"""The first that is set counts; lower case comes before upper case, as in curl."""
EXCEPTIONS = ("no_grpc_proxy", "no_proxy")
PORT = 80
"""The port of an address without one."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy that a variable names."""

    variable: str
    scheme: str
    host: str
    """Host and port."""
    userinfo: str = field(default="", repr=False)
    """User name and password as they stand in an address; empty without."""

    @property
    def is_usable(self) -> bool:
        """Whether it is of a kind that the audio stream can use."""
        return self.scheme == "http" and bool(self.host)

    @property
    def url(self) -> str:
        """The address for libraries; it may hold a password and must not be shown."""
        at = f"{seen(self.userinfo)}@" if self.userinfo else ""
        return HiddenValue(f"{self.scheme}://{at}{self.host}")

    def __str__(self) -> str:
        """The address as it may be shown, without a password."""
        return f"{self.scheme}://{self.host}" if self.host else "no address"


def proxy_for(target: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for HOST:PORT, if there is one; it may be of a kind that cannot be used."""
    if is_loopback(target):
        return None
    for name in _spelt(VARIABLES):
        if value := HiddenValue(environ.get(name, "").strip()):
            return None if _is_excepted(target, environ) else _parsed(name, value)
    return None


def unusable(proxy: Proxy) -> Problem:
    """The problem to report for a proxy that is not used."""
    return Problem(
        Kind.CONFIG,
        "The proxy is not used",
        f"{proxy.variable} names {proxy}, and speech can only be sent through HTTP proxies",
        "Connecting directly. Set it to an http:// proxy that allows CONNECT, or unset it.",
    )


def _spelt(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        yield name
        yield name.upper()


def _parsed(variable: str, value: str) -> Proxy:
    scheme, _, rest = value.rpartition("://")
    userinfo, _, authority = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")
    try:  # the library is shown what anybody may see
        parts = urlsplit(f"{seen(scheme) or 'http'}://{seen(authority)}")
        host, port = parts.hostname or "", parts.port or (PORT if parts.scheme == "http" else 1080)
    except ValueError:
        return Proxy(variable, "", "")
    if not host or any(c.isspace() or not c.isprintable() for c in host):
        return Proxy(variable, parts.scheme, "")
    host = f"[{host}]" if ":" in host else host
    return Proxy(variable, parts.scheme, f"{host}:{port}", _quoted(userinfo))


def _quoted(userinfo: str) -> str:
    """User name and password, quoted anew so that they are unambiguous in an address."""
    name, colon, password = userinfo.partition(":")
    halves = (quote(unquote(it), safe="") for it in (name, password))
    return HiddenValue(colon).join(halves)


def _is_excepted(target: str, environ: Mapping[str, str]) -> bool:
    """Whether the user excepts a server: by name, domain suffix, address, or network."""
    host, _, port = target.rpartition(":")
    host = host.strip("[]").lower()
    for name in _spelt(EXCEPTIONS):
        if value := environ.get(name, "").strip():
            return any(
                _is_meant(host, port, it) for it in value.lower().replace(" ", ",").split(",")
            )
    return False


def _is_meant(host: str, port: str, pattern: str) -> bool:
    if pattern in ("", "*"):
        return pattern == "*"
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(pattern.strip("[]"), strict=False)
    except ValueError:  # one of the two is a name
        pass  # one of the two is a name
    name, _, wanted = pattern.rpartition(":")
    if name and wanted.isdigit() and ":" not in name:
        pattern = name if wanted == port else ""
    pattern = pattern.removeprefix("*").lstrip(".")
    return bool(pattern) and (host == pattern or host.endswith(f".{pattern}"))
