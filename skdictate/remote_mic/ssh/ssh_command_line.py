"""How ``ssh`` is called: as a list of words, in which what came from outside is data.

Of two values for one thing OpenSSH takes the first, and the command line before its files. So what
the user gives comes before what we want, and nothing is said about keys and hosts.
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
"""For a connection that carries a microphone and nothing else. It notices within seconds that the
other end is gone; a terminal's connection is left more time."""
LASTING = ("-o", "ServerAliveCountMax=60")
"""The same, where others are opened beside it while the other end is silent: it may go on for two
minutes. Comes before ``ALONE``."""
PATIENT = ("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=8")
"""For the user's terminal: when nothing comes back for two minutes, it is given back."""
SILENT = ("-o", "BatchMode=yes")
"""Ask nothing: nobody could answer."""
ELSEWHERE = 'PATH="$PATH:$HOME/.local/bin:$HOME/bin:/usr/local/bin:/opt/homebrew/bin"'
"""Programs that users install are often in the PATH of login shells alone."""


def command(
    host: str,
    *remote: str,
    options: Sequence[str] = (),
    ours: Sequence[str] = (),
    port: int | None = None,
) -> list[str]:
    """An ``ssh`` that runs a program there; what is in its words stays in them.

    Args:
        host: ``[USER@]HOST``.
        remote: the program and its arguments; none for a login.
        options: the user's.
        ours: those that give way to the user's.
        port: the server's, if it is named with the host.

    Raises:
        ProblemError: the host is none.
    """
    where = ["-p", str(port)] if port is not None else []
    there = [shlex.join(remote)] if remote else []
    return [PROGRAM, *options, *where, *ours, "--", checked(host), *there]


def shown(host: str, *arguments: str) -> str:
    """A line for a user to type, or a script, that runs this program there without our help.

    A command that ``ssh`` brings is looked for in a PATH that often lacks ``~/.local/bin``, where
    ``pipx`` and ``uv`` install. It works in sh, bash, zsh and fish.
    """
    return f"ssh {host} 'PATH=$PATH:$HOME/.local/bin {shlex.join(('skdictate', *arguments))}'"


def script(text: str, *arguments: str) -> tuple[str, ...]:
    """Words that run a script for ``sh`` there, whatever the user's own shell is."""
    return ("sh", "-c", text, "skdictate", *arguments)


def skdictate(*arguments: str, program: Sequence[str] = ()) -> tuple[str, ...]:
    """Words that run this program there; by the words of ``program``, if the user has some."""
    return script(f'{ELSEWHERE}; exec "$@"', *(program or ("skdictate",)), *arguments)


def skdictate_with(path: str, *arguments: str) -> tuple[str, ...]:
    """The same, and that remove a file in the end: a socket that ``sshd`` has made and forgets."""
    text = 'trap : INT QUIT; it=$1; shift; skdictate "$@"; code=$?; rm -f "$it"; exit $code'
    return script(f"{ELSEWHERE}; {text}", path, *arguments)
