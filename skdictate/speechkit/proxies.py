"""Which proxy leads to a server, by the variables that other programs read, in both spellings.

The gRPC library reads three of them, in small letters only, and takes HTTP proxies only (CONNECT);
what it is to use is told to it here, so that signing in and the stream go the same way. A proxy's
address may hold a password, which is shown nowhere.
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
"""The first that is set counts; that in small letters before that in capitals, as curl has it."""
EXCEPTIONS = ("no_grpc_proxy", "no_proxy")
PORT = 80
"""Of an address that names none."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """What a variable names."""

    variable: str
    scheme: str
    host: str
    """Host and port."""
    userinfo: str = field(default="", repr=False)
    """Name and password, as in an address; empty without."""

    @property
    def is_usable(self) -> bool:
        """It is of a kind that the stream can go through."""
        return self.scheme == "http" and bool(self.host)

    @property
    def url(self) -> str:
        """Its address. It may hold a password: for libraries, and for no eye."""
        at = f"{seen(self.userinfo)}@" if self.userinfo else ""
        return HiddenValue(f"{self.scheme}://{at}{self.host}")

    def __str__(self) -> str:
        """As it may be shown."""
        return f"{self.scheme}://{self.host}" if self.host else "no address"


def proxy_for(target: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that leads to HOST:PORT, if one does; it may be of a kind that cannot be used."""
    if is_loopback(target):
        return None
    for name in _spelt(VARIABLES):
        if value := HiddenValue(environ.get(name, "").strip()):
            return None if _is_excepted(target, environ) else _parsed(name, value)
    return None


def unusable(proxy: Proxy) -> Problem:
    """What to say of one that is passed over."""
    return Problem(
        Kind.CONFIG,
        "The proxy is not used",
        f"{proxy.variable} names {proxy}, and the stream can go through HTTP proxies only",
        "The server is asked directly. Name an http:// proxy that allows CONNECT, or unset it.",
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
    """Name and password, so that whoever reads the address reads what was meant."""
    name, colon, password = userinfo.partition(":")
    halves = (quote(unquote(it), safe="") for it in (name, password))
    return HiddenValue(colon).join(halves)


def _is_excepted(target: str, environ: Mapping[str, str]) -> bool:
    """Whether the user wants none there: a name and what ends with it, an address, a network."""
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
    except ValueError:
        pass  # one of the two is a name
    name, _, wanted = pattern.rpartition(":")
    if name and wanted.isdigit() and ":" not in name:
        pattern = name if wanted == port else ""
    pattern = pattern.removeprefix("*").lstrip(".")
    return bool(pattern) and (host == pattern or host.endswith(f".{pattern}"))
