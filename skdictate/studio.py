"""Builds what a dictation needs from the settings: source, backend, keeper, engine.

Holds what outlives a dictation: the embedded server and the connection to a recogniser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skdictate.config import Settings
from skdictate.core.audio import Format
from skdictate.core.clean import clean
from skdictate.core.elsewhere import REMOTE, is_elsewhere
from skdictate.core.invitation import Invitation
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.engine import Engine
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.base import Keeping
from skdictate.library.keeper import Keeper, about
from skdictate.memory import Memory, Microphone
from skdictate.paths import Paths
from skdictate.server.child import EmbeddedServer
from skdictate.server.order import Order
from skdictate.sources.base import Source, title
from skdictate.speechkit import v2, v3
from skdictate.speechkit.auth import Credential, Issuer, lookup
from skdictate.speechkit.backend import SpeechKit
from skdictate.speechkit.channel import Endpoint
from skdictate.unseen import Environment

if TYPE_CHECKING:
    from skdictate.sources.lobby import Lobby

LOCAL_LANGUAGE = "en-US"
"""The only one that the embedded recogniser knows."""
ENVIRONMENT = Environment()
CLOUD_CATCH_UP = 2.0
"""The service expects live audio; a backlog is sent at most this many times faster."""

PATIENCE_S = 25.0
"""At the end of a dictation: how long a silent recogniser is waited for; long enough to find out
that a session is dead, and to have the next one answer."""
LATE_S = 60.0
"""The same, if it works through the whole session only then."""


class Studio:
    """Everything for one kind of dictation, as the settings say.

    Raises:
        ProblemError: the settings do not go together, or a key is missing.
    """

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        environ: Mapping[str, str] = ENVIRONMENT,
        *,
        stdin_fd: int = 0,
        issuer: Issuer | None = None,
    ) -> None:
        self._stdin_fd = stdin_fd
        self._environ = environ
        self.settings = settings
        self.paths = paths
        self.format = Format(settings.rate)
        self.memory = Memory(paths)
        if settings.api_key_file == "-" and settings.source == "stdin":
            raise ProblemError(_two_of_stdin())
        self.issuer: Issuer | None = None
        """Who hands out what is shown to the service, if somebody does."""
        if settings.engine != "local":
            self.issuer = issuer or lookup.find(settings, paths, environ, stdin_fd)
        self.is_local = _is_local(settings, self.issuer)
        self.languages = _languages(settings, is_local=self.is_local)
        self._endpoint = self._find_endpoint()
        self.server = EmbeddedServer(paths, self._order()) if self.is_local else None
        self.lobby: Lobby | None = None
        """Where the microphone comes in, if it is one of another machine; see ``settle``."""
        self.absence = ""
        """Why it is not one of this machine, if that was not what the user said."""
        self.invitation: Invitation | None = None
        """How a microphone of another machine comes here, if one is waited for."""
        self.backend = SpeechKit(
            "Moonshine tiny" if self.is_local else f"SpeechKit {settings.api}",
            self._limits(),
            self._whereabouts,
            self._options(),
            # Of v2, and of servers that are not the service, this is learnt from their answers.
            has_words=not self.is_local and settings.api == "v3" and not settings.endpoint,
        )

    async def settle(self, before: Lobby | None = None, *, may_wait: bool = False) -> None:
        """Find out where the microphone is.

        Args:
            before: where it came in until now; it goes on if that is still wanted.
            may_wait: over SSH, without a microphone here, one of elsewhere is waited for.

        Raises:
            ProblemError: it cannot come from where it is said to be.
        """
        source = "" if self.settings.source_command else self.settings.source
        if may_wait and source == "mic" and "SSH_CONNECTION" in self._environ:
            from skdictate.sources.absence import absence

            self.absence = await absence(self._environ)
            source = REMOTE if self.absence else source
        if not is_elsewhere(source):
            return
        from skdictate.sources.lobby import Lobby

        if before is not None and before.is_for(source, self.format):
            self.lobby = before
        else:
            self.lobby = Lobby(source, self.paths, self.format)
        if self.lobby.is_invited:
            from skdictate.openssh.home import invitation

            self.invitation = invitation(self._environ)

    @property
    def place(self) -> str:
        """Where the recogniser is, in words."""
        return "this machine" if self._endpoint is None else self._endpoint.target

    @property
    def source_name(self) -> str:
        """The source that the settings name, in words."""
        if self.lobby is not None:
            return self.lobby.reception.words
        if self.settings.source_command:
            return title(self.settings.source_command)
        kind, _, rest = self.settings.source.partition(":")
        if kind == "mic":
            return clean(rest or self.memory.microphone.label or "microphone")
        names = {"file": Path(rest).name, "stdin": "standard input"}
        return clean(names.get(kind, kind))

    def engine(self, source: Source) -> Engine:
        """A new dictation from this source."""
        kept = about(
            engine=self.backend.name,
            api=self.settings.api,
            languages=self.languages,
            source=clean(source.name),
            rate_hz=source.format.rate_hz,
        )
        kept = replace(kept, keeps_audio=self.settings.keep_audio)
        return self.engine_for(source, Keeper(self.paths.library, self.paths.recordings, kept))

    def engine_for(self, source: Source, keeper: Keeping, *, is_again: bool = False) -> Engine:
        """One that hears this source, and has somebody keep what comes of it.

        ``is_again``: it was dictated before, so that silence ends nothing.
        """
        policy = Policy(
            refines=self.backend.refines,
            has_words=self.backend.has_words,
            answers_late=self.settings.speaker_labelling,
            chunk_ms=self.settings.chunk_ms,
            hears_microphone=source.is_microphone,
            sends_silence=self.settings.silence == "send",
            stop_after_silence_s=0.0 if is_again else self.settings.stop_after,
            patience_s=LATE_S if self.settings.speaker_labelling else PATIENCE_S,
        )
        engine = Engine(source, self.backend, keeper, policy)
        self.hear_of_server(engine)
        return engine

    def hear_of_server(self, engine: Engine) -> None:
        """From now on it is this engine that says what is wrong with the embedded recogniser."""
        if self.server is not None:
            self.server.on_problem = engine.announce

    def source(self, *, speed: float = 1.0) -> Source:
        """The source that the settings name; ``speed`` is for files, if the settings have none.

        Raises:
            ProblemError: there is no such source.
        """
        if self.lobby is not None:
            return self.lobby.reception.source()
        if self.settings.source_command:
            return self._command(self.settings.source_command)
        kind, _, rest = self.settings.source.partition(":")
        if self.settings.speed is not None:
            speed = self.settings.speed
        if kind == "file" and rest:
            return self.file(Path(rest), speed)
        if kind == "mic":
            return self._microphone(rest)
        if self.settings.source == "stdin":
            from skdictate.sources.stdin import StdinSource

            return StdinSource(self.format, self._stdin_fd)
        if self.settings.source == "demo":
            from skdictate.sources.file import FileSource, demo_paths

            return FileSource(demo_paths(), self.format, speed, "demo")
        raise ProblemError(_no_source(self.settings.source))

    def _command(self, words: tuple[str, ...]) -> Source:
        """A program that records."""
        from skdictate.sources.command import CommandSource

        if self.settings.source != Settings().source:
            raise ProblemError(_two_sources(self.settings.source))
        return CommandSource(words, self.format)

    def _microphone(self, name: str) -> Source:
        """The one that was named, or the one that was chosen last, or the default one."""
        from skdictate.sources.microphone import MicSource

        return MicSource(
            name or self.memory.microphone.name,
            self.format,
            channel=self.settings.channel,
            is_required=bool(name),
        )

    def choose(self, microphone: Microphone) -> None:
        """Record from this one from now on, in this run and in later ones."""
        self.memory.microphone = microphone
        self.settings = replace(self.settings, source="mic", source_command=())
        self.lobby = None

    def file(self, path: Path, speed: float) -> Source:
        """A recording as a source."""
        from skdictate.sources.file import FileSource

        return FileSource([path.expanduser()], self.format, speed)

    async def close(self) -> None:
        """Let go of the connection."""
        await self.backend.close()

    def _options(self) -> v2.Options | v3.Options:
        """What the recogniser is asked for."""
        version = v2.Options if self.settings.api == "v2" else v3.Options
        return version.of(self.settings, self.languages)

    def _limits(self) -> Limits:
        settings = self.settings
        limits = Limits(
            settings.session_seconds,
            round(settings.session_megabytes * 1_000_000),
            settings.idle_seconds,
            catch_up=max(CLOUD_CATCH_UP, 1.5 * (settings.speed or 0)),
        )
        return replace(limits, catch_up=float("inf"), unit_s=0) if self.is_local else limits

    def _order(self) -> Order:
        limits = self._limits()
        return Order(
            session_s=limits.session_s, session_bytes=limits.session_bytes, idle_s=limits.idle_s
        )

    def _find_endpoint(self) -> Endpoint | None:
        if self.is_local:
            return None
        settings = self.settings
        return Endpoint.of(
            settings.endpoint, is_plaintext=settings.plaintext, ca_cert=settings.ca_cert
        )

    async def _whereabouts(self) -> tuple[Endpoint, Credential | None]:
        """Where the recogniser is now."""
        if self._endpoint is not None:
            return self._endpoint, await self.issuer.credential() if self.issuer else None
        assert self.server is not None
        address = await self.server.address()
        token = Credential("Bearer", address.token, "server") if address.token else None
        return Endpoint(address.target, is_plaintext=True), token


def disagreement(settings: Settings, environ: Mapping[str, str] = ENVIRONMENT) -> Problem | None:
    """What in the settings does not go together, as far as it can be told before anyone signs in
    and without a look at keys; None if nothing."""
    version = v2.Options if settings.api == "v2" else v3.Options
    is_local = settings.engine == "local"
    try:
        if is_local and settings.endpoint:
            raise ProblemError(_two_recognisers(settings.endpoint))
        Endpoint.of(settings.endpoint, is_plaintext=settings.plaintext, ca_cert=settings.ca_cert)
        lookup.check(settings, environ)
        version.of(settings, _languages(settings, is_local=is_local))
    except ProblemError as error:
        return error.problem
    return None


def _is_local(settings: Settings, issuer: Issuer | None) -> bool:
    """Whether the embedded recogniser is meant."""
    if settings.engine == "local" and settings.endpoint:
        raise ProblemError(_two_recognisers(settings.endpoint))
    if settings.engine == "speechkit" and issuer is None and not settings.endpoint:
        raise ProblemError(
            Problem(
                Kind.CREDENTIALS,
                "SpeechKit needs a key",
                f"None is kept, and {lookup.FIRST} is not set",
                "Use --engine local, which needs none, or run: skdictate auth login",
                is_permanent=True,
            )
        )
    if settings.engine == "auto":
        return issuer is None and not settings.endpoint
    return settings.engine == "local"


def _languages(settings: Settings, *, is_local: bool) -> tuple[str, ...]:
    """The languages to recognise."""
    if not is_local:
        return settings.language
    others = [code for code in settings.language if code.lower()[:2] not in ("en", "au")]
    if others:
        raise ProblemError(
            Problem(
                Kind.CONFIG,
                "The embedded recogniser knows English only",
                f"--language {others[0]} was asked for",
                "To use SpeechKit, which knows others: skdictate auth login",
                is_permanent=True,
            )
        )
    return (LOCAL_LANGUAGE,)


def _two_recognisers(endpoint: str) -> Problem:
    return Problem(
        Kind.CONFIG,
        "Two recognisers at once",
        f"--engine local is on this machine, --endpoint is {endpoint}",
        "Leave one of them out.",
        is_permanent=True,
    )


def _two_of_stdin() -> Problem:
    return Problem(
        Kind.USAGE,
        "Standard input cannot be both key and sound",
        "--api-key-file - was asked for, and --source stdin",
        "Put the key into a file, or run: skdictate auth login",
        is_permanent=True,
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
