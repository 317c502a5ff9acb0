"""Builds ``ssh`` commands as lists of words, so that foreign text is never parsed.

OpenSSH takes the first of two values for an option, and the command line before its files. So the
user's options come before ours, and ours say nothing about keys and hosts.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from skdictate.remote_mic.ssh.remote_host import checked

PROGRAM = "ssh"
ALONE = (
    "-T",
    "-a",
    "-x",
    *("-o", "PermitLocalCommand=no"),
    *("-o", "ClearAllForwardings=yes"),
    *("-o", "ServerAliveInterval=2"),
    *("-o", "ServerAliveCountMax=2"),
    *("-o", "ConnectTimeout=10"),
)
"""Options for a connection that only carries a microphone. It notices within seconds that the other
end is gone; a terminal's connection gets more time."""
LASTING = ("-o", "ServerAliveCountMax=60")
"""Options for the same where other connections are attempted beside it, so that it may be silent
for two minutes. They come before ``ALONE``."""
PATIENT = ("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=8")
"""Options for the user's terminal, which is given back after two minutes of silence."""
SILENT = ("-o", "BatchMode=yes")
"""Asks nothing, since nobody could answer."""
ELSEWHERE = 'PATH="$PATH:$HOME/.local/bin:$HOME/bin:/usr/local/bin:/opt/homebrew/bin"'
"""Users' programs are often only in the PATH of login shells."""


def command(
    host: str,
    *remote: str,
    options: Sequence[str] = (),
    ours: Sequence[str] = (),
    port: int | None = None,
) -> list[str]:
    """An ``ssh`` command that runs a program, with all of its words quoted.

    Args:
        host: ``[USER@]HOST``.
        remote: the program and its arguments; empty for a login.
        options: the user's options.
        ours: our options, over which the user's take precedence.
        port: the server's port, if it was given with the host.

    Raises:
        ProblemError: the host is malformed.
    """
    where = ["-p", str(port)] if port is not None else []
    there = [shlex.join(remote)] if remote else []
    return [PROGRAM, *options, *where, *ours, "--", checked(host), *there]


def shown(host: str, *arguments: str) -> str:
    """A line for a user to type that runs this program on the other machine.

    Commands that ``ssh`` runs are looked up in a PATH that often lacks ``~/.local/bin``, where
    ``pipx`` and ``uv`` install. The line works in sh, bash, zsh and fish.
    """
    return f"ssh {host} 'PATH=$PATH:$HOME/.local/bin {shlex.join(('skdictate', *arguments))}'"


def script(text: str, *arguments: str) -> tuple[str, ...]:
    """A command that runs a script with ``sh``, whatever the user's shell is."""
    return ("sh", "-c", text, "skdictate", *arguments)


def skdictate(*arguments: str, program: Sequence[str] = ()) -> tuple[str, ...]:
    """A command that runs this program, or ``program`` if the user gave one."""
    return script(f'{ELSEWHERE}; exec "$@"', *(program or ("skdictate",)), *arguments)


def skdictate_with(path: str, *arguments: str) -> tuple[str, ...]:
    """The same, and then remove a file: a socket that ``sshd`` has made and does not remove."""
    text = 'trap : INT QUIT; it=$1; shift; skdictate "$@"; code=$?; rm -f "$it"; exit $code'
    return script(f"{ELSEWHERE}; {text}", path, *arguments)
