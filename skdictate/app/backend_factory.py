"""The recogniser that the settings mean, and what it is asked for; apart, since that can be told
before there is a sound, a server or a connection."""

from __future__ import annotations

from dataclasses import dataclass, replace

from skdictate.core.limits import Limits
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.server.child_request import ChildRequest
from skdictate.settings.config import Settings
from skdictate.speechkit import codec_v2, codec_v3
from skdictate.speechkit.auth import Issuer, credential_lookup
from skdictate.speechkit.channel import Endpoint
from skdictate.text.clean_text import clean

LOCAL_LANGUAGE = "en-US"
"""The only one that the embedded recogniser knows."""
NO_MODEL = Problem(
    Kind.CONFIG,
    "The summary names no model",
    "--summarize is set and --summarize-model is not; the service may refuse that",
    "Name one, as --summarize-model gpt://FOLDER/NAME.",
)
CLOUD_CATCH_UP = 2.0
"""The service expects live audio; a backlog is sent at most this many times faster."""


@dataclass(frozen=True, slots=True)
class RecogniserChoice:
    """The embedded one, or one that has an address."""

    name: str
    is_local: bool
    """It is the embedded one."""
    endpoint: Endpoint | None
    """None for the embedded one, which has an address only while it runs."""
    languages: tuple[str, ...]
    limits: Limits
    options: codec_v2.Options | codec_v3.Options
    has_words: bool
    """It is known to tell the times of words; of v2, and of servers that are not the service, this
    is learnt from their answers."""

    @classmethod
    def of(cls, settings: Settings, issuer: Issuer | None) -> RecogniserChoice:
        """The one that these settings mean to whom this issuer gives a credential, if anyone does.

        Raises:
            ProblemError: the settings do not go together, or a key is missing.
        """
        is_local = _is_local(settings, issuer)
        languages = recognised(settings, is_local=is_local)
        endpoint = None if is_local else address(settings)
        return cls(
            name="Moonshine tiny" if is_local else f"SpeechKit {settings.api}",
            is_local=is_local,
            endpoint=endpoint,
            languages=languages,
            limits=_limits(settings, is_local=is_local),
            options=asked(settings, languages),
            has_words=not is_local and settings.api == "v3" and not settings.endpoint,
        )

    @property
    def place(self) -> str:
        """Where it is, in words."""
        return "this machine" if self.endpoint is None else clean(self.endpoint.target)

    @property
    def lacks_model(self) -> bool:
        """A summary is asked for, and nobody is named who would write it."""
        wishes = self.options
        if self.is_local or not isinstance(wishes, codec_v3.Options):
            return False
        return bool(wishes.summary_prompt) and not wishes.summary_model

    @property
    def way(self) -> str:
        """Where it is and how it is reached, in words."""
        proxy = self.endpoint.proxy if self.endpoint else None
        is_used = proxy is not None and proxy.is_usable
        return f"{self.place} through the proxy {proxy}" if is_used else self.place

    @property
    def order(self) -> ChildRequest:
        """What the embedded one is told when it is started."""
        limits = self.limits
        return ChildRequest(
            session_s=limits.session_s, session_bytes=limits.session_bytes, idle_s=limits.idle_s
        )


def address(settings: Settings) -> Endpoint:
    """Where one is that is not the embedded one.

    Raises:
        ProblemError: as ``Endpoint.of``.
    """
    return Endpoint.of(settings.endpoint, is_plaintext=settings.plaintext, ca_cert=settings.ca_cert)


def asked(settings: Settings, languages: tuple[str, ...]) -> codec_v2.Options | codec_v3.Options:
    """What the recogniser is asked for.

    Raises:
        ProblemError: this version of the protocol cannot do that.
    """
    version = codec_v2.Options if settings.api == "v2" else codec_v3.Options
    return version.of(settings, languages)


def recognised(settings: Settings, *, is_local: bool) -> tuple[str, ...]:
    """The languages to recognise.

    Raises:
        ProblemError: the embedded recogniser knows them not.
    """
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


def check(settings: Settings) -> None:
    """See to it that it is one recogniser.

    Raises:
        ProblemError: the embedded one is asked for, and an address is given.
    """
    if settings.engine == "local" and settings.endpoint:
        raise ProblemError(
            Problem(
                Kind.CONFIG,
                "Two recognisers at once",
                f"--engine local is on this machine, --endpoint is {settings.endpoint}",
                "Leave one of them out.",
                is_permanent=True,
            )
        )


def _is_local(settings: Settings, issuer: Issuer | None) -> bool:
    """Whether the embedded recogniser is meant."""
    check(settings)
    if settings.engine == "speechkit" and issuer is None and not settings.endpoint:
        raise ProblemError(
            Problem(
                Kind.CREDENTIALS,
                "SpeechKit needs a key",
                f"None is kept, and {credential_lookup.FIRST} is not set",
                "Use --engine local, which needs none, or run: skdictate auth login",
                is_permanent=True,
            )
        )
    if settings.engine == "auto":
        return issuer is None and not settings.endpoint
    return settings.engine == "local"


def _limits(settings: Settings, *, is_local: bool) -> Limits:
    limits = Limits(
        settings.session_seconds,
        round(settings.session_megabytes * 1_000_000),
        settings.idle_seconds,
        catch_up=max(CLOUD_CATCH_UP, 1.5 * (settings.speed or 0)),
    )
    return replace(limits, catch_up=float("inf"), unit_s=0) if is_local else limits
