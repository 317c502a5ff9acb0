"""The commands to run on the user's own machine, so that its microphone is used here."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

SSH_PORT = 22
RAW = "-ac 1 -ar 16000 -f s16le"


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """One command, ready to be pasted."""

    where: str
    """Which system or program it is for."""
    text: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """Makes the commands for a user who is logged in to this machine."""

    host: str
    """``USER@HOST``."""
    port: int = SSH_PORT
    program: tuple[str, ...] = ("skdictate",)
    """The command that runs this program here, in a shell that is no login shell."""

    @property
    def lines(self) -> tuple[InvitationLine, ...]:
        """The commands, the best first."""
        ssh = ["ssh", *(["-p", str(self.port)] if self.port != SSH_PORT else []), self.host]
        way = f"{shlex.join(ssh)} {shlex.quote(shlex.join((*self.program, 'mic', 'in')))}"
        if self.program == ("skdictate",):
            way = f"{shlex.join(ssh)} skdictate mic in"
        ffmpeg = "ffmpeg -loglevel error -f"
        return (
            InvitationLine("skdictate", self._send()),
            InvitationLine("Linux", f"arecord -q -t raw -f S16_LE -r 16000 -c 1 | {way}"),
            InvitationLine(
                "macOS", f"{ffmpeg} avfoundation -i :0 {RAW} -flush_packets 1 - | {way}"
            ),
            InvitationLine("Windows", f'{ffmpeg} dshow -i audio="NAME" {RAW} - | {way}'),
        )

    def _send(self) -> str:
        port = f" -- -p {self.port}" if self.port != SSH_PORT else ""
        program = ""
        if self.program != ("skdictate",):
            program = f"--program {shlex.quote(shlex.join(self.program))} "
        return f"skdictate mic send {program}{shlex.quote(self.host)}{port}"
