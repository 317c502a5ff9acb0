"""What to type on the machine that one sits at, so that its microphone comes to this one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

SSH_PORT = 22
RAW = "-ac 1 -ar 16000 -f s16le"


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """One command, to be pasted as it is."""

    where: str
    """In which case."""
    text: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who can be reached how, from where the user came."""

    host: str
    """``USER@HOST``."""
    port: int = SSH_PORT
    program: tuple[str, ...] = ("skdictate",)
    """Words that run this program here, in a shell that is no login shell."""

    @property
    def lines(self) -> tuple[InvitationLine, ...]:
        """The best first."""
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
