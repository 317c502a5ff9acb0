"""Makes the source of a sender from ``--source``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources import device_survey
from skdictate.sources.base import Source
from skdictate.system.paths import expanded


def maker(where: str, sound: Format, channel: int) -> Callable[[], Source]:
    """A function that makes the source of each dictation.

    Raises:
        ProblemError: there is no such source.
    """
    kind, _, rest = where.partition(":")
    if kind == "mic":
        from skdictate.sources.microphone_source import MicSource

        return lambda: MicSource(rest, sound, channel=channel)
    if kind == "file" and rest:
        from skdictate.sources.file_source import FileSource

        path = expanded(rest)
        return lambda: FileSource([path], sound, 1.0)
    if where == "demo":
        from skdictate.sources.file_source import FileSource, demo_paths

        return lambda: FileSource(demo_paths(), sound, 1.0, "demo")
    detail = f"--source {where!r}"
    hint = "Use mic, mic:NAME, file:PATH or demo."
    raise ProblemError(Problem(Kind.USAGE, "There is no such source", detail, hint))


async def label(where: str) -> str:
    """The name of the source, as far as it is known in advance.

    Raises:
        ProblemError: there is no microphone.
    """
    kind, _, rest = where.partition(":")
    if kind != "mic":
        return Path(rest).name if rest else where
    listing = await device_survey.survey()
    if not listing.devices:
        raise ProblemError(
            Problem(
                Kind.MICROPHONE,
                "There is no microphone here",
                f"{listing.system} has no input device",
                "See why: skdictate doctor",
            )
        )
    for device in listing.devices:
        if rest in (device.name, device.label) or (not rest and device.is_default):
            return device.label
    return rest or listing.devices[0].label
