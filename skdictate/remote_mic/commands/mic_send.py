"""``mic send`` and ``mic test``: builds what the arguments ask for, and runs it."""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
from collections.abc import Sequence
from typing import Any, TextIO

from skdictate.audio.pcm import Format
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.remote_mic.sender import source_choice
from skdictate.remote_mic.sender.command_transport import CommandTransport
from skdictate.remote_mic.sender.mic_test import ConnectionTiming, SoundSample, listen, measure_way
from skdictate.remote_mic.sender.sender import Sender
from skdictate.remote_mic.sender.sender_console import bring
from skdictate.remote_mic.sender.transport import SocketTransport, Transport
from skdictate.remote_mic.ssh import ssh_command_line, ssh_problems
from skdictate.remote_mic.ssh.remote_host import checked
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean

SOUND = Format(16_000)
"""All recognisers accept this rate; a higher one would only cost bandwidth."""


def send(parsed: argparse.Namespace, paths: Paths) -> int:
    """Send a microphone to an app on another machine until the user ends it.

    Raises:
        ProblemError: there is no microphone, or the app cannot be reached for good.
    """
    return asyncio.run(_send(parsed, paths))


async def _send(parsed: argparse.Namespace, paths: Paths) -> Exit:
    sender = Sender(
        source_choice.maker(parsed.source, SOUND, parsed.channel),
        _transport(parsed, parsed.session, paths),
        paths.data / "unsent",
        sound=SOUND,
        label=await source_choice.label(parsed.source),
        codec=parsed.codec,
        takes_over=parsed.take_over,
        has_user=bool(parsed.host),
    )
    return await bring(sender)


def _transport(parsed: argparse.Namespace, session: str, paths: Paths) -> Transport:
    """The transport to the app: SSH if a host is given, else a socket on this machine.

    Raises:
        ProblemError: the host or the program is malformed.
    """
    if not parsed.host:
        return SocketTransport(paths, session)
    name = checked(parsed.host)
    which = ("--session", session) if session else ()
    program = _words(parsed.program)

    def command(may_ask: bool) -> list[str]:
        ours = (
            *ssh_command_line.LASTING,
            *ssh_command_line.ALONE,
            *(() if may_ask else ssh_command_line.SILENT),
        )
        there = ssh_command_line.skdictate("mic", "in", *which, program=program)
        return ssh_command_line.command(name, *there, options=parsed.ssh, ours=ours)

    def explain(code: int, lines: Sequence[str]) -> Problem:
        if code == ssh_problems.NOT_FOUND:
            detail = clean(lines[-1]) if lines else ""
            hint = "Install it there, or say where it is: --program /PLACE/skdictate"
            title = f"{name} does not know skdictate"
            return Problem(Kind.NETWORK, title, detail, hint, is_permanent=True)
        return ssh_problems.problem(name, code, lines)

    return CommandTransport(name, command, explain)


def _words(program: str) -> tuple[str, ...]:
    """Split a command as a shell would.

    Raises:
        ProblemError: its quoting is malformed.
    """
    try:
        return tuple(shlex.split(program))
    except ValueError as error:
        detail = f"--program {clean(program)!r}: {error}"
        problem = Problem(Kind.USAGE, "That is no command", detail, is_permanent=True)
        raise ProblemError(problem) from error


def test(parsed: argparse.Namespace, paths: Paths, out: TextIO) -> Exit:
    """Measure how a microphone sounds, and the round trip to an app if a host is given.

    Raises:
        ProblemError: there is no sound, or the app cannot be reached.
    """
    make_source = source_choice.maker(parsed.source, SOUND, parsed.channel)
    sound = asyncio.run(listen(make_source(), parsed.seconds))
    way: ConnectionTiming | None = None
    if parsed.host:
        way = asyncio.run(measure_way(_transport(parsed, "", paths), SOUND))
    if parsed.form == "json":
        out.writelines(json.dumps(it) + "\n" for it in _objects(sound, way))
    else:
        out.writelines(line + "\n" for line in _lines(sound, way))
    return Exit.MICROPHONE if sound.zero == 1 else Exit.DONE


def _lines(sound: SoundSample, way: ConnectionTiming | None) -> list[str]:
    level = sound.level
    lines = [
        f"{sound.label}: {level.rms_dbfs:.0f} dBFS, peak {level.peak_dbfs:.0f},"
        f" in {sound.seconds:.1f} s; the first sound after {sound.first_s:.2f} s"
    ]
    if sound.zero == 1:
        lines.append("It gave nothing but zeros: is it muted?")
    elif sound.zero > 0.5:
        lines.append(f"{100 * sound.zero:.0f} % of it were zeros: it may be cut off in pauses.")
    if sound.clipped:
        lines.append(f"{100 * sound.clipped:.2f} % of it were at full scale: it is too loud.")
    if way is not None:
        there, back = way.journeys_s[0], way.journeys_s[-1]
        lines.append(
            f"Connected after {way.connected_s:.2f} s; there and back in {1000 * way.median_s:.1f}"
            f" ms, from {1000 * there:.1f} to {1000 * back:.1f}"
        )
    return lines


def _objects(sound: SoundSample, way: ConnectionTiming | None) -> list[dict[str, Any]]:
    level = sound.level
    objects: list[dict[str, Any]] = [
        {
            "v": 1,
            "event": "microphone",
            "label": sound.label,
            "seconds": round(sound.seconds, 2),
            "rms_dbfs": round(level.rms_dbfs, 1),
            "peak_dbfs": round(level.peak_dbfs, 1),
            "clipped": round(sound.clipped, 4),
            "zero": round(sound.zero, 4),
            "first_s": round(sound.first_s, 3),
        }
    ]
    if way is not None:
        objects.append(
            {
                "v": 1,
                "event": "way",
                "connected_s": round(way.connected_s, 3),
                "median_ms": round(1000 * way.median_s, 2),
                "worst_ms": round(1000 * way.journeys_s[-1], 2),
            }
        )
    return objects
