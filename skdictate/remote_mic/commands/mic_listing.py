"""``mic list``: lists the microphones of this machine, and its apps that wait for one."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TextIO

from skdictate.errors import Problem, ProblemError
from skdictate.mic_protocol.devices import Device
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.discovery.announcement import Announcement
from skdictate.sources import device_survey
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean

SHOWN = 8
"""How many letters of an id are shown: enough to tell ids apart."""


def write_list(paths: Paths, out: TextIO, form: str) -> None:
    """Write both lists; a machine without a microphone is no error here."""
    found: list[Device] = []
    problem: Problem | None = None
    try:
        found = list(asyncio.run(device_survey.survey()).devices)
    except ProblemError as error:
        problem = error.problem
    waiting = app_finder.sessions(paths)
    if form == "json":
        out.writelines(json.dumps(_microphone(number, it)) + "\n" for number, it in _count(found))
        out.writelines(json.dumps(_session(it)) + "\n" for it in waiting)
        return
    out.write("Microphones here\n" if found else "There is no microphone here.\n")
    for number, it in _count(found):
        mark = "*" if it.is_default else " "
        out.write(f" {mark}{number:>2}  {it.label}\n")
    if problem is not None:
        out.write(f"    {problem}\n")
    out.write("Apps here that take one\n" if waiting else "No app here waits for one.\n")
    for session in waiting:
        began = time.strftime("%d %b %H:%M", time.localtime(session.began_s))
        words = f"since {began}, process {session.pid}, in {clean(session.title)}"
        out.write(f"    {session.id[:SHOWN]}  {words}\n")


def _count(found: list[Device]) -> list[tuple[int, Device]]:
    return list(enumerate(found, 1))


def _microphone(number: int, it: Device) -> dict[str, object]:
    return {
        "v": 1,
        "event": "microphone",
        "number": number,
        "name": it.name,
        "label": it.label,
        "default": it.is_default,
        "monitor": it.is_monitor,
    }


def _session(it: Announcement) -> dict[str, object]:
    """The session without its token."""
    return {
        "v": 1,
        "event": "session",
        "id": it.id,
        "pid": it.pid,
        "title": clean(it.title),
        "began_s": round(it.began_s),
    }
