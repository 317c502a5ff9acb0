"""Translates the messages with which ``ssh`` ends into problems for the user."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from skdictate.errors import Kind, Problem
from skdictate.remote_mic.ssh import ssh_command_line
from skdictate.text.clean_text import clean

FAILED = 255
"""The exit code of ``ssh`` if it failed itself."""
NOT_FOUND = 127
"""The exit code of a shell that does not find a command."""
SIGNALS = 128
"""A shell adds this to the number of the signal that ended a program."""
AGAIN = "Trying again."
_FAREWELL = re.compile(r"Connection to \S+ closed\.|Warning: .*")
"""Lines that ``ssh`` prints in any case."""
_LONGEST = 200
"""Characters of a message that are shown."""


@dataclass(frozen=True, slots=True)
class _Row:
    marks: tuple[str, ...]
    """One of these is in the message."""
    title: str
    hint: str
    is_permanent: bool = False


_TABLE = (
    _Row(
        ("Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED"),
        "The key of {host} is not known",
        "See what ssh says of it, and decide: ssh {host}",
        is_permanent=True,
    ),
    _Row(
        ("Permission denied", "Too many authentication failures", "No supported authentication"),
        "{host} asks for a password or another answer",
        "Load your key into the agent (ssh-add), or see what is asked: ssh {host}",
        is_permanent=True,
    ),
    _Row(
        ("Could not resolve hostname",),
        "No machine called {host} was found",
        "See whether this finds it: ssh {host}",
    ),
    _Row(
        (
            "Connection refused",
            "Connection timed out",
            "Operation timed out",
            "No route to host",
            "Network is unreachable",
            "Connection reset",
            "kex_exchange_identification",
        ),
        "{host} cannot be reached",
        "See whether it is on, and in the network: ssh {host}",
    ),
    _Row(
        ("contains invalid characters",),
        "There can be no such host",
        "Give HOST or USER@HOST, as in: ssh USER@HOST",
        is_permanent=True,
    ),
    _Row(
        ("Bad owner or permissions on", "Bad configuration option", "command-line: line"),
        "ssh refuses its settings",
        "Correct the setting that it names; to see the message again: ssh {host}",
        is_permanent=True,
    ),
    _Row(
        ("open failed", "Session open refused"),
        "{host} allows no further session",
        "On {host}, in sshd_config, MaxSessions has to be larger.",
    ),
)


def problem(host: str, code: int, said: Sequence[str]) -> Problem:
    """Why a connection ended with this code; ``said`` is what ``ssh`` printed."""
    lines = [clean(line)[:_LONGEST] for line in said]
    lines = [line for line in lines if line and not _FAREWELL.fullmatch(line)]
    detail = lines[-1] if lines else f"{ending('ssh', code)}, and said nothing"
    for row in _TABLE:
        line = next((line for line in reversed(lines) if any(m in line for m in row.marks)), "")
        if line and code == FAILED:
            title, hint = row.title.format(host=host), row.hint.format(host=host)
            return Problem(Kind.NETWORK, title, line, hint, is_permanent=row.is_permanent)
    if code == FAILED or code < 0:
        return Problem(Kind.NETWORK, f"The connection to {host} was lost", detail, AGAIN)
    return Problem(Kind.NETWORK, f"The command on {host} ended with code {code}", detail)


def ending(who: str, code: int) -> str:
    """How a program ended, in words; codes below 0 and above 128 are those of signals."""
    with suppress(ValueError):
        if code < 0 or code > SIGNALS:
            return f"{who} was ended by {signal.Signals(abs(code) % SIGNALS).name}"
    return f"{who} ended with code {code}"


def no_ssh() -> Problem:
    """The problem to report if OpenSSH is not installed."""
    return Problem(
        Kind.USAGE,
        "OpenSSH is missing",
        "This machine has no program called ssh",
        "Install it (Debian: sudo apt install openssh-client).",
        is_permanent=True,
    )


def no_terminal(host: str) -> Problem:
    """The problem to report if the server refuses a terminal."""
    return Problem(
        Kind.NETWORK,
        f"{host} gives no terminal",
        "The app cannot draw its screen there",
        f"In sshd_config of {host}: PermitTTY yes. Or dictate without a screen: "
        "arecord -q -t raw -f S16_LE -r 16000 -c 1 | "
        + ssh_command_line.shown(host, "listen", "--source", "stdin"),
        is_permanent=True,
    )


def not_there(host: str) -> Problem:
    """The problem to report if the host has no skdictate."""
    return Problem(
        Kind.NETWORK,
        f"{host} has no skdictate",
        "It is in no folder where a command is looked for there",
        f"Install it on {host}, or link it to ~/.local/bin/skdictate there.",
        is_permanent=True,
    )


def other(host: str, code: int) -> Problem:
    """The problem to report if something else ran in place of skdictate."""
    return Problem(
        Kind.NETWORK,
        f"{host} did not run the app",
        f"What ran in its place ended with code {code}",
        "If it was something else: a forced command (ForceCommand in sshd_config, command= in "
        "authorized_keys) has to let “skdictate” through. Else skdictate there is too old.",
        is_permanent=True,
    )
