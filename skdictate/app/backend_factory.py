"""Decides from the settings which recogniser is used, and with which options and limits."""

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
"""The only language of the embedded recogniser."""
NO_MODEL = Problem(
    Kind.CONFIG,
    "No model for the summary",
    "--summarize is set without --summarize-model, which the service may reject",
    "Add --summarize-model gpt://FOLDER/NAME.",
)
CLOUD_CATCH_UP = 2.0
"""Factor of real time at which a backlog is sent at most: the service expects live audio."""


@dataclass(frozen=True, slots=True)
class RecogniserChoice:
    """The recogniser of the settings: the embedded one, or a server."""

    name: str
    is_local: bool
    """Whether it is the embedded recogniser."""
    endpoint: Endpoint | None
    """Its address; None for the embedded one, which has an address only while it runs."""
    languages: tuple[str, ...]
    limits: Limits
    options: codec_v2.Options | codec_v3.Options
    has_words: bool
    """Whether it is known to give word times; for API v2 and other servers, their answers tell."""

    @classmethod
    def of(cls, settings: Settings, issuer: Issuer | None) -> RecogniserChoice:
        """The choice for these settings and an issuer of credentials, if there is one.

        Raises:
            ProblemError: the settings contradict each other, or a key is missing.
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
        """Where it is, as text: an address or "this machine"."""
        return "this machine" if self.endpoint is None else clean(self.endpoint.target)

    @property
    def lacks_model(self) -> bool:
        """Whether a summary is requested without a model."""
        wishes = self.options
        if self.is_local or not isinstance(wishes, codec_v3.Options):
            return False
        return bool(wishes.summary_prompt) and not wishes.summary_model

    @property
    def way(self) -> str:
        """Its place, and the proxy if one is used, as text."""
        proxy = self.endpoint.proxy if self.endpoint else None
        is_used = proxy is not None and proxy.is_usable
        return f"{self.place} through the proxy {proxy}" if is_used else self.place

    @property
    def order(self) -> ChildRequest:
        """The limits that the embedded recogniser is started with."""
        limits = self.limits
        return ChildRequest(
            session_s=limits.session_s, session_bytes=limits.session_bytes, idle_s=limits.idle_s
        )


def address(settings: Settings) -> Endpoint:
    """The address of the server in the settings.

    Raises:
        ProblemError: the address is invalid; see ``Endpoint.of``.
    """
    return Endpoint.of(settings.endpoint, is_plaintext=settings.plaintext, ca_cert=settings.ca_cert)


def asked(settings: Settings, languages: tuple[str, ...]) -> codec_v2.Options | codec_v3.Options:
    """The options of the requests for these settings.

    Raises:
        ProblemError: this version of the API does not support an option.
    """
    version = codec_v2.Options if settings.api == "v2" else codec_v3.Options
    return version.of(settings, languages)


def recognised(settings: Settings, *, is_local: bool) -> tuple[str, ...]:
    """The languages to recognise.

    Raises:
        ProblemError: the embedded recogniser does not support a language.
    """
    if not is_local:
        return settings.language
    others = [code for code in settings.language if code.lower()[:2] not in ("en", "au")]
    if others:
        raise ProblemError(
            Problem(
                Kind.CONFIG,
                "The embedded recogniser knows English only",
                f"--language is {others[0]}",
                "To use SpeechKit, which supports other languages: skdictate auth login",
                is_permanent=True,
            )
        )
    return (LOCAL_LANGUAGE,)


def check(settings: Settings) -> None:
    """Check that the settings name one recogniser only.

    Raises:
        ProblemError: they name both the embedded recogniser and an address.
    """
    if settings.engine == "local" and settings.endpoint:
        raise ProblemError(
            Problem(
                Kind.CONFIG,
                "Two recognisers at once",
                f"--engine is local and --endpoint is {settings.endpoint}",
                "Leave one of them out.",
                is_permanent=True,
            )
        )


def _is_local(settings: Settings, issuer: Issuer | None) -> bool:
    """Whether the settings mean the embedded recogniser.

    Raises:
        ProblemError: they contradict each other, or a key is missing.
    """
    check(settings)
    if settings.engine == "speechkit" and issuer is None and not settings.endpoint:
        raise ProblemError(
            Problem(
                Kind.CREDENTIALS,
                "SpeechKit needs a key",
                f"No key is stored, and {credential_lookup.FIRST} is not set",
                "Use --engine local, which needs no key, or run: skdictate auth login",
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
