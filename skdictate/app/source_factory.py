"""Where the sound comes from, as the settings say; apart, since a microphone can be chosen anew, or
waited for from another machine, and the recogniser has no part in that."""

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
    """The source of the dictations to come, one after the other."""

    def __init__(
        self, settings: Settings, paths: Paths, environ: Mapping[str, str], stdin_fd: int
    ) -> None:
        self.format = Format(settings.rate)
        self.hub: Hub | None = None
        """Where the microphone comes in, if it is one of another machine; see ``settle``."""
        self.absence = ""
        """Why it is not one of this machine, if that was not what the user said."""
        self.invitation: Invitation | None = None
        """How a microphone of another machine comes here, if one is waited for."""
        self._settings = settings
        self._paths = paths
        self._environ = environ
        self._stdin_fd = stdin_fd
        self._memory = Remembered(paths)

    async def settle(self, before: Hub | None = None, *, may_wait: bool = False) -> None:
        """Find out where the microphone is.

        Args:
            before: where it came in until now; it goes on if that is still wanted.
            may_wait: over SSH, without a microphone here, one of elsewhere is waited for.

        Raises:
            ProblemError: it cannot come from where it is said to be.
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
        """Record from this one from now on, in this run and in later ones."""
        self._memory.microphone = microphone
        self._settings = replace(self._settings, source="mic", source_command=())
        self.hub = None

    @property
    def name(self) -> str:
        """The source that the settings name, in words."""
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
        """The source that the settings name; ``speed`` is for files, if the settings have none.

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
        """A recording as a source."""
        from skdictate.sources.file_source import FileSource

        return FileSource([expanded(str(path))], self.format, speed)

    def _command(self, words: tuple[str, ...]) -> Source:
        """A program that records."""
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
        f"--source {source} was asked for, and --source-command",
        "Leave one of them out.",
        is_permanent=True,
    )


def _no_source(source: str) -> Problem:
    return Problem(
        Kind.USAGE,
        "There is no such source",
        f"--source {source!r}",
        "It may be mic, mic:NAME, remote, ssh://HOST, file:PATH, stdin or demo.",
        is_permanent=True,
    )
