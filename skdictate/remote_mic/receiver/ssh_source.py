"""The microphone of a machine that is reached over SSH, connected for as long as the app runs.

The connection is made before a dictation starts, so that problems are reported in time. Nothing is
captured unless a dictation wants it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import replace

from skdictate.audio.pcm import Format
from skdictate.core.backoff import Backoff
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import PREAMBLE
from skdictate.remote_mic.receiver.raw_stream import RawStream
from skdictate.remote_mic.receiver.receiver import Receiver
from skdictate.remote_mic.ssh import ssh_command_line, ssh_probe, ssh_problems
from skdictate.remote_mic.ssh.remote_host import RemoteHost
from skdictate.remote_mic.ssh.ssh_master import SshMaster
from skdictate.remote_mic.ssh.ssh_process import NoiseError, SshProcess

OPENING_S = 20.0
"""Seconds within which the remote program has to start."""
ENDING_S = 1.0
"""Seconds within which a connection ends that carries nothing more."""
WORKS_S = 2.0
"""Seconds after which a connection counts as working: if it breaks, another attempt is made at
once."""
GREETING = 300
"""Characters shown of what the remote shell prints."""
PERMANENT_S = 30.0
"""Seconds between attempts while only a person can solve the problem: servers lock out clients that
fail often."""


class SshSource:
    """``run`` until cancelled; ``retry`` to connect at once."""

    def __init__(self, place: RemoteHost, receiver: Receiver, sound: Format) -> None:
        self.place = place
        self._receiver = receiver
        self._sound = sound
        self._call = secrets.token_hex(8)
        """The id by which the remote program recognises us when we reconnect."""
        self.master = SshMaster(place.host, place.port)
        self.greeting = ""
        """What the remote shell printed last apart from the sound."""
        self._raw = RawStream(sound, place.host)
        self._backoff = Backoff()
        self._woken = asyncio.Event()
        self._is_kept = False
        """Whether the remote program keeps what is spoken, so that a short break is not worth
        reporting."""

    async def run(self) -> None:
        """Connect again and again until cancelled."""
        while True:
            began_s = time.monotonic()
            try:
                async with SshProcess(self._command()) as child:
                    await self._serve(child)
                continue
            except ProblemError as error:
                problem = error.problem
            if time.monotonic() - began_s >= WORKS_S and not problem.is_permanent:
                self._backoff.reset()
            if not self._is_kept:
                self._receiver.tell(problem)
            self._is_kept = False  # the next time it takes longer
            await self._rest(PERMANENT_S if problem.is_permanent else 0.0)

    def retry(self) -> None:
        """Connect at once."""
        self._woken.set()

    def _command(self) -> list[str]:
        there = ssh_probe.words(self._sound.rate_hz, self.place.device, self._call)
        ours = (*self.master.shared, *ssh_command_line.ALONE, *ssh_command_line.SILENT)
        return ssh_command_line.command(self.place.host, *there, ours=ours, port=self.place.port)

    async def _serve(self, child: SshProcess) -> None:
        """Serve one connection until its dictation has ended.

        Raises:
            ProblemError: the connection ended before.
        """
        try:
            async with asyncio.timeout(OPENING_S):
                mark = await child.opening(PREAMBLE, ssh_probe.RAW)
        except TimeoutError as error:
            raise ProblemError(_late(self.place.host)) from error
        except NoiseError as error:
            raise ProblemError(_noise(self.place.host, str(error))) from error
        except EOFError as error:
            raise ProblemError(await self._why(child)) from error
        self.greeting = " ".join(child.noise)[-GREETING:]
        self._receiver.tell(None)
        self._is_kept = mark == PREAMBLE
        if self._is_kept:
            await self._receiver.receive(child.reader, child.writer, has_preamble=False)
        else:
            name = self.place.device or "microphone"
            await self._raw.run(name, child.reader, child.writer, self._receiver)
            if self._raw.is_over:
                return
        raise ProblemError(await self._why(child))

    async def _why(self, child: SshProcess) -> Problem:
        """Why a connection ended."""
        host = self.place.host
        try:
            async with asyncio.timeout(ENDING_S):
                code = await child.ended()
        except TimeoutError:
            return _late(host)
        if code == ssh_probe.NOTHING:
            return ssh_probe.nothing_records(host, child.said)
        said = [*child.noise, *child.said]
        problem = ssh_problems.problem(
            host, code, [it for it in said if not it.startswith(ssh_probe.TRIED)]
        )
        if code in (ssh_problems.FAILED, ssh_problems.NOT_FOUND) or code < 0:
            return problem
        return replace(problem, kind=Kind.MICROPHONE, title=f"The recorder on {host} has ended")

    async def _rest(self, least_s: float) -> None:
        self._woken.clear()
        try:
            async with asyncio.timeout(max(least_s, self._backoff.next_wait_s())):
                await self._woken.wait()
        except TimeoutError:
            pass


def _late(host: str) -> Problem:
    return Problem(
        Kind.NETWORK,
        f"{host} does not answer",
        f"Nothing came from it within {OPENING_S:.0f} seconds",
        "Trying again.",
    )


def _noise(host: str, last: str) -> Problem:
    return Problem(
        Kind.NETWORK,
        f"{host} says too much",
        f"Its shell prints without end where sound is waited for; last it said: {last[:120]}",
        f"See what it prints: ssh {host} true",
        is_permanent=True,
    )
