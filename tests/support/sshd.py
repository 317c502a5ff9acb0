"""A real OpenSSH server on loopback, with keys of its own, configured as a test wants it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests.support.processes import children

HOST = "loop"
"""What the client's configuration calls this server."""
PROGRAM = "/usr/sbin/sshd"
"""It wants to be started by its whole path."""
USUAL = (
    "AllowTcpForwarding yes",
    "AllowStreamLocalForwarding yes",
    "StreamLocalBindUnlink no",
    "MaxSessions 10",
    "PermitTTY yes",
    "PrintMotd no",
)
"""Debian's defaults; of two lines for one thing, sshd takes the first, so a test's come before."""
SERVER = """\
{lines}
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/authorized
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
SetEnv {environ}
"""
CLIENT = """\
Host {host} {name}
    HostName 127.0.0.1
    Port {port}
    IdentityFile {folder}/user
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/known
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    BatchMode yes
"""
READY_S = 20.0


class Sshd:
    """``with Sshd("AllowTcpForwarding no") as sshd: sshd.run("loop", "echo hello")``.

    Who logs in is the user that runs the tests. The session knows ``environ`` and nothing of the
    test's environment, so ``SKDICTATE_HOME`` is another than the client's.
    """

    def __init__(
        self,
        *lines: str,
        environ: Mapping[str, str] | None = None,
        programs: Iterable[str] | None = None,
        has_skdictate: bool = True,
    ) -> None:
        """The lines are of ``sshd_config``; with ``programs``, the session finds these alone."""
        self.folder = Path(tempfile.mkdtemp(prefix="sshd-"))
        self.home = self.folder / "home"
        """Where the session's skdictate keeps everything."""
        self.config = self.folder / "client"
        """For ``ssh -F``; it knows ``HOST``, and checks the host's key."""
        self._lines = [*lines, *USUAL]
        self._environ = {
            "HOME": str(self.folder / "user-home"),  # else files of the real one may be read
            "PATH": self._path(programs, has_skdictate=has_skdictate),
            "SKDICTATE_HOME": str(self.home),
            **(environ or {}),
        }
        self._log = self.folder / "log"
        self._daemon: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    def __enter__(self) -> Self:
        (self.folder / "user-home").mkdir()
        for name in ("host", "user"):
            words = ("-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", self.folder / name)
            subprocess.run(["ssh-keygen", *words], check=True)
        shutil.copy(self.folder / "user.pub", self.folder / "authorized")
        kind, key, *_ = (self.folder / "host.pub").read_text().split()
        (self.folder / "known").write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n")
        self.config.write_text(
            CLIENT.format(host=HOST, name=socket.gethostname(), port=self.port, folder=self.folder)
        )
        self._write_client()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ------------------------------------------------------------------------- the server

    def start(self, *lines: str) -> None:
        """Listen; lines given here come before all others, from now on."""
        self._lines = [*lines, *self._lines]
        file = self.folder / "server"
        file.write_text(
            SERVER.format(
                lines="\n".join(self._lines),
                port=self.port,
                folder=self.folder,
                environ=" ".join(f'"{name}={value}"' for name, value in self._environ.items()),
            )
        )
        with suppress(PermissionError):  # only root's server wants that folder
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with self._log.open("ab") as log:
            self._daemon = subprocess.Popen(
                [PROGRAM, "-D", "-e", "-f", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        until_s = time.monotonic() + READY_S
        while not self._answers():
            assert self._daemon.poll() is None and time.monotonic() < until_s, self.log
            time.sleep(0.02)

    def stop(self) -> None:
        """Be gone, and every session with it."""
        if self._daemon is not None:
            sessions = descendants(self._daemon.pid)
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None
            _kill(sessions)
            _kill(self.leftovers)

    def cut(self) -> None:
        """Break all connections; new ones are taken."""
        assert self._daemon is not None
        _kill(children(self._daemon.pid))

    @property
    def sessions(self) -> list[int]:
        """The processes that serve connections now."""
        assert self._daemon is not None
        return children(self._daemon.pid)

    @property
    def leftovers(self) -> list[int]:
        """What was started in a session and has outlived it."""
        mark = f"SKDICTATE_HOME={self._environ['SKDICTATE_HOME']}".encode()
        found = []
        for file in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in file.read_bytes().split(b"\0"):
                    found.append(int(file.parent.name))
        return [pid for pid in found if pid != os.getpid()]

    @property
    def log(self) -> str:
        """What the server said so far."""
        return self._log.read_text(errors="replace")

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
            return probe.recv(4) == b"SSH-"
        return False

    # ------------------------------------------------------------------------- the client

    @property
    def environ(self) -> dict[str, str]:
        """An environment in which ``ssh`` knows ``HOST``, for a program that calls it."""
        return {**os.environ, "PATH": f"{self.folder / 'client-bin'}:{os.environ['PATH']}"}

    def command(self, *words: str | Path) -> list[str]:
        """An ``ssh`` with these arguments."""
        return ["ssh", "-F", str(self.config), *map(str, words)]

    def run(self, *words: str | Path, **how: Any) -> subprocess.CompletedProcess[Any]:
        """Run that to its end."""
        how = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 60} | how
        if "input" in how:
            del how["stdin"]
        done: subprocess.CompletedProcess[Any] = subprocess.run(self.command(*words), **how)
        return done

    def _write_client(self) -> None:
        """An ``ssh`` that knows the host without being told, as if it were in ``~/.ssh/config``."""
        real = shutil.which("ssh")
        assert real is not None
        words = shlex.join([real, "-F", str(self.config)])
        _program(self.folder / "client-bin" / "ssh", f'exec {words} "$@"')

    def _path(self, programs: Iterable[str] | None, *, has_skdictate: bool) -> str:
        """Where the session looks for programs."""
        folder = self.folder / "bin"
        folder.mkdir()
        if has_skdictate:
            words = shlex.join([sys.executable, "-P", "-m", "skdictate"])
            root = shlex.quote(str(Path(__file__).parents[2]))
            _program(folder / "skdictate", f'PYTHONPATH={root} exec {words} "$@"')
        if programs is None:
            return f"{folder}:/usr/local/bin:/usr/bin:/bin"
        for name in programs:
            place = shutil.which(name)
            assert place is not None, f"{name} is not installed"
            (folder / name).symlink_to(place)
        return str(folder)


def descendants(pid: int) -> list[int]:
    """Children of a process, theirs, and so on."""
    found = children(pid)
    for child in list(found):
        found += descendants(child)
    return found


def listening(pids: Iterable[int | str] = ("self",)) -> set[str]:
    """Addresses of the TCP ports that these processes listen on; this one, if none is named."""
    theirs = set()
    for pid in pids:
        with suppress(OSError):  # the process has ended
            for session in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):  # it was closed
                    theirs.add(str(session.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, address, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in theirs:
                found.add(address)
    return found


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
