"""Another machine as the user gave it; anything that could be more than a name is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.remote_status import SSH
from skdictate.text.clean_text import clean

_HOST = re.compile(r"[\w.:\[\]%+_][\w.:\[\]%+_-]*")
"""Names, addresses and aliases; nothing that a shell could run in a ``ProxyCommand``."""
_USER = re.compile(r"[\w.+@\\%_][\w.+@\\%_-]*")
_LONGEST = 255
_LONGEST_DEVICE = 512


@dataclass(frozen=True, slots=True)
class RemoteHost:
    """A machine, and one of its microphones."""

    host: str
    """``[USER@]HOST`` as for ``ssh``."""
    port: int | None = None
    """None for the port in ``~/.ssh/config``, or 22."""
    device: str = ""
    """The device's name on that machine; empty for the default one."""

    @classmethod
    def of(cls, text: str) -> RemoteHost:
        """Parse ``ssh://[USER@]HOST[:PORT][?device=NAME]``.

        Raises:
            ProblemError: it is malformed.
        """
        if not text.isprintable():
            raise ProblemError(_no_place(text, "It has characters that cannot be seen"))
        try:
            parts = urlsplit(text)
            port = parts.port
            query = parts.query.replace("+", "%2B")  # no form was filled in: a plus is a plus
            asked = dict(parse_qsl(query, strict_parsing=True)) if query else {}
        except ValueError as error:
            raise ProblemError(_no_place(text, str(error))) from error
        device = asked.pop("device", "")
        if asked or parts.fragment or parts.path not in ("", "/") or parts.scheme != "ssh":
            raise ProblemError(_no_place(text, "Nothing but ?device=NAME may follow the host"))
        if parts.password is not None:
            raise ProblemError(_no_place(f"{SSH}…", "A password does not belong there"))
        if len(device) > _LONGEST_DEVICE or not device.isprintable():
            raise ProblemError(_no_place(text, "The name of the device is no name"))
        host = parts.netloc.rpartition("@")[2]
        if port is not None:
            host = host.rpartition(":")[0]
        user = unquote(parts.username or "")
        host = unquote(host).removeprefix("[").removesuffix("]")
        return cls(checked(f"{user}@{host}" if user else host), port, device)


def checked(host: str) -> str:
    """Return ``[USER@]HOST`` if it is valid.

    Raises:
        ProblemError: it is an option, a command or nothing.
    """
    user, mark, name = host.rpartition("@")
    is_user = bool(_USER.fullmatch(user)) if mark else True
    if len(host) <= _LONGEST and is_user and _HOST.fullmatch(name):
        return host
    raise ProblemError(
        Problem(
            Kind.USAGE,
            "There can be no such host",
            f"{clean(repr(host[:60]))} is no name of a machine",
            "Give HOST or USER@HOST, as in: ssh USER@HOST",
            is_permanent=True,
        )
    )


def _no_place(text: str, why: str) -> Problem:
    return Problem(
        Kind.USAGE,
        "There can be no such source",
        f"--source {clean(text[:80])}: {clean(why)}",
        "Give ssh://[USER@]HOST[:PORT][?device=NAME].",
        is_permanent=True,
    )
