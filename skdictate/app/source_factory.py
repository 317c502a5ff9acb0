"""Builds the source of sound that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.invitation import Invitation
from skdictate.mic_protocol.remote_status import REMOTE, is_elsewhere
from skdictate.settings.config import Settings
from skdictate.settings.remembered import Remembered, RememberedMicrophone
from skdictate.sources.base import Source, title
from skdictate.system import standard_streams
from skdictate.system.paths import Paths, expanded
from skdictate.text.clean_text import clean

if TYPE_CHECKING:
    from skdictate.remote_mic.receiver.hub import Hub


class SourceFactory:
    """Builds the source of each next dictation; the microphone can be changed in between."""

    def __init__(
        self, settings: Settings, paths: Paths, environ: Mapping[str, str], stdin_fd: int
    ) -> None:
        self.format = Format(settings.rate)
        self.hub: Hub | None = None
        """Receives a remote microphone, if one is used; set by ``settle``."""
        self.absence = ""
        """Why no microphone of this machine is used, if the user did not ask for a remote one."""
        self.invitation: Invitation | None = None
        """Commands that connect a remote microphone, if one is waited for."""
        self._settings = settings
        self._paths = paths
        self._environ = environ
        self._stdin_fd = stdin_fd
        self._memory = Remembered(paths)

    async def settle(self, before: Hub | None = None, *, may_wait: bool = False) -> None:
        """Find out whether a remote microphone is used, and prepare to receive it.

        Args:
            before: the hub used so far; it is kept if its source is the same.
            may_wait: over SSH, wait for a remote microphone if this machine has none.

        Raises:
            ProblemError: the remote microphone cannot be used.
        """
        source = "" if self._settings.source_command else self._settings.source
        if may_wait and source == "mic" and "SSH_CONNECTION" in self._environ:
            from skdictate.sources.no_microphone import absence

            self.absence = await absence(self._environ)
            source = REMOTE if self.absence else source
        if not is_elsewhere(source):
            return
        from skdictate.remote_mic.receiver.hub import Hub

        if before is not None and before.is_for(source, self.format):
            self.hub = before
        else:
            self.hub = Hub(source, self._paths, self.format)
        if self.hub.is_invited:
            from skdictate.remote_mic.ssh.own_host import invitation

            self.invitation = invitation(self._environ)

    def choose(self, microphone: RememberedMicrophone) -> None:
        """Use this microphone from now on, in this run and in later ones."""
        self._memory.microphone = microphone
        self._settings = replace(self._settings, source="mic", source_command=())
        self.hub = None

    @property
    def name(self) -> str:
        """Name of the source in the settings, for a person."""
        if self.hub is not None:
            return self.hub.receiver.words
        if self._settings.source_command:
            return title(self._settings.source_command)
        kind, _, rest = self._settings.source.partition(":")
        if kind == "mic":
            return clean(rest or self._memory.microphone.label or "microphone")
        names = {"file": Path(rest).name, "stdin": "standard input"}
        return clean(names.get(kind, kind))

    def source(self, *, speed: float = 1.0) -> Source:
        """Build the source that the settings name.

        Args:
            speed: playback speed of a file if the settings give none; 1 is real time.

        Raises:
            ProblemError: there is no such source.
        """
        if self.hub is not None:
            return self.hub.receiver.source()
        if self._settings.source_command:
            return self._command(self._settings.source_command)
        kind, _, rest = self._settings.source.partition(":")
        if self._settings.speed is not None:
            speed = self._settings.speed
        if kind == "file" and rest:
            return self.file(Path(rest), speed)
        if kind == "mic":
            return self._microphone(rest)
        if self._settings.source == "stdin":
            from skdictate.sources.stdin_source import StdinSource

            standard_streams.check_input()
            return StdinSource(self.format, self._stdin_fd)
        if self._settings.source == "demo":
            from skdictate.sources.file_source import FileSource, demo_paths

            return FileSource(demo_paths(), self.format, speed, "demo")
        raise ProblemError(_no_source(self._settings.source))

    def file(self, path: Path, speed: float) -> Source:
        """A source that plays a recording at this speed."""
        from skdictate.sources.file_source import FileSource

        return FileSource([expanded(str(path))], self.format, speed)

    def _command(self, words: tuple[str, ...]) -> Source:
        """A source that runs a recording program."""
        from skdictate.sources.command_source import CommandSource

        if self._settings.source != Settings().source:
            raise ProblemError(_two_sources(self._settings.source))
        return CommandSource(words, self.format)

    def _microphone(self, name: str) -> Source:
        """The one that was named, or the one that was chosen last, or the default one."""
        from skdictate.sources.microphone_source import MicSource

        return MicSource(
            name or self._memory.microphone.name,
            self.format,
            channel=self._settings.channel,
            is_required=bool(name),
        )


def _two_sources(source: str) -> Problem:
    return Problem(
        Kind.USAGE,
        "Two sources at once",
        f"Both --source {source} and --source-command are set",
        "Leave one of them out.",
        is_permanent=True,
    )


def _no_source(source: str) -> Problem:
    return Problem(
        Kind.USAGE,
        "There is no such source",
        f"--source {source!r}",
        "Use mic, mic:NAME, remote, ssh://HOST, file:PATH, stdin or demo.",
        is_permanent=True,
    )
