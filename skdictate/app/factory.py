"""Builds engines from the settings, and holds what outlives a dictation.

That is the embedded server and the connection to the recogniser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from skdictate.app.backend_factory import NO_MODEL, RecogniserChoice
from skdictate.app.budget import budget
from skdictate.app.source_factory import SourceFactory
from skdictate.core.policy import Policy
from skdictate.engine import Engine
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.base import DictationStore
from skdictate.library.writer import DictationWriter, about
from skdictate.server.embedded_server import EmbeddedServer
from skdictate.settings.config import Settings
from skdictate.sources.base import Source
from skdictate.speechkit.auth import Credential, Issuer, credential_lookup
from skdictate.speechkit.backend import SpeechKit
from skdictate.speechkit.channel import Endpoint
from skdictate.speechkit.proxies import unusable
from skdictate.system.hidden_value import ENVIRONMENT
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean

PATIENCE_S = 25.0
"""How long the end of a dictation waits for a silent recogniser: long enough to detect a dead
session and to get an answer from the next one."""
LATE_S = 60.0
"""The wait with speaker labelling, where the service processes a whole session at its end."""


class Factory:
    """Builds the parts of dictations with the same settings.

    Raises:
        ProblemError: the settings contradict each other, or a key is missing.
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
        self.settings = settings
        """The settings given; another microphone may have been chosen since."""
        self.paths = paths
        if settings.api_key_file == "-" and settings.source == "stdin":
            raise ProblemError(_two_of_stdin())
        self.issuer: Issuer | None = None
        """Issues credentials for the service; None if there is none or none is needed."""
        if settings.engine != "local":
            self.issuer = issuer or credential_lookup.find(settings, paths, environ, stdin_fd)
        self.recogniser = RecogniserChoice.of(settings, self.issuer)
        self.sound = SourceFactory(settings, paths, environ, stdin_fd)
        is_local = self.recogniser.is_local
        self.server = EmbeddedServer(paths, self.recogniser.order) if is_local else None
        self.backend = SpeechKit(
            self.recogniser.name,
            self.recogniser.limits,
            self._whereabouts,
            self.recogniser.options,
            has_words=self.recogniser.has_words,
        )

    def engine(self, source: Source) -> Engine:
        """An engine for a new dictation from this source."""
        kept = about(
            engine=self.backend.name,
            api=self.settings.api,
            languages=self.recogniser.languages,
            source=clean(source.name),
            rate_hz=source.format.rate_hz,
        )
        kept = replace(kept, keeps_audio=self.settings.keep_audio)
        return self.engine_for(
            source, DictationWriter(self.paths.library, self.paths.recordings, kept)
        )

    def engine_for(
        self, source: Source, store: DictationStore, *, is_again: bool = False
    ) -> Engine:
        """An engine for a source and a store.

        Args:
            source: the sound.
            store: where the results are stored.
            is_again: whether this is reprocessing, in which silence does not end the dictation.
        """
        policy = self.policy(source, is_again=is_again)
        engine = Engine(source, self.backend, store, policy)
        self.hear_of_server(engine)
        proxy = self.recogniser.endpoint.proxy if self.recogniser.endpoint else None
        if proxy is not None and not proxy.is_usable:
            engine.notice(unusable(proxy))
        if self.recogniser.lacks_model:
            engine.notice(NO_MODEL)
        return engine

    def policy(self, source: Source, *, is_again: bool = False) -> Policy:
        """The engine's policy for these settings and this source."""
        budget_s, budget_option = budget(self.settings, self.paths)
        return Policy(
            refines=self.backend.refines,
            has_words=self.backend.has_words,
            answers_late=self.settings.speaker_labelling,
            chunk_ms=self.settings.chunk_ms,
            hears_microphone=source.is_microphone,
            sends_silence=self.settings.silence == "send",
            stop_after_silence_s=0.0 if is_again else self.settings.stop_after,
            budget_s=budget_s,
            budget_option=budget_option,
            is_live=source.is_live,
            patience_s=LATE_S if self.settings.speaker_labelling else PATIENCE_S,
            has_hedges=self.settings.second_session and not self.recogniser.is_local,
        )

    def hear_of_server(self, engine: Engine) -> None:
        """Make this engine report problems of the embedded recogniser."""
        if self.server is not None:
            self.server.on_problem = engine.announce

    async def close(self) -> None:
        """Close the connection to the recogniser."""
        await self.backend.close()

    async def _whereabouts(self) -> tuple[Endpoint, Credential | None]:
        """The recogniser's present address, and the credential for it."""
        if self.recogniser.endpoint is not None:
            return self.recogniser.endpoint, await self.issuer.credential() if self.issuer else None
        assert self.server is not None
        address = await self.server.address()
        token = Credential("Bearer", address.token, "server") if address.token else None
        return Endpoint(address.target, is_plaintext=True), token


def _two_of_stdin() -> Problem:
    return Problem(
        Kind.USAGE,
        "Standard input cannot be both key and sound",
        "Both --api-key-file - and --source stdin are set",
        "Put the key into a file, or run: skdictate auth login",
        is_permanent=True,
    )
