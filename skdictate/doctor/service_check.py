"""Checks whether the service can be reached, and accepts the key."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import aclosing
from typing import TYPE_CHECKING

from skdictate.doctor.check_result import CheckContext, CheckResult, CheckState, failed
from skdictate.errors import Exit, Kind, ProblemError
from skdictate.speechkit.auth.issuer import KINDS
from skdictate.speechkit.proxies import Proxy, unusable

if TYPE_CHECKING:
    from skdictate.app.factory import Factory
    from skdictate.speechkit.channel import Endpoint

READY_S = 5.0
"""Time limit of connecting; a connection across the world takes half a second."""
STEP_S = 4.0
"""Time limit of finding out why there is no connection."""
SILENCE_S = 0.2
"""Length of the silence sent to try the key; a session without sound may be an error."""
NETWORK = "Check the name and the network connection."


async def service(case: CheckContext) -> CheckResult:
    """Check that a gRPC connection to the server can be made."""
    from skdictate.app.factory import Factory
    from skdictate.speechkit.channel import Endpoint

    settings = case.settings
    try:
        factory = Factory(settings, case.paths, case.environ)
    except ProblemError:  # reported by the checks of the settings and the key
        detail = "not checked because the settings are incomplete or invalid"
        return CheckResult("service", CheckState.SKIPPED, detail)
    if factory.recogniser.is_local:
        detail = "not used with the embedded recogniser"
        return CheckResult("service", CheckState.SKIPPED, detail)
    endpoint = Endpoint.of(
        settings.endpoint, is_plaintext=settings.plaintext, ca_cert=settings.ca_cert
    )
    began_s = time.monotonic()
    channel = endpoint.channel()
    try:
        async with asyncio.timeout(READY_S):
            await channel.channel_ready()
    except TimeoutError:
        detail, hint = await _cause(endpoint)
        return CheckResult(
            "service", CheckState.FAILED, f"{endpoint.target}: {detail}", hint, Exit.NETWORK
        )
    finally:
        await channel.close()
    wire = "not encrypted" if endpoint.is_plaintext else "TLS"
    took_ms = 1000 * (time.monotonic() - began_s)
    detail = f"{endpoint.target} answers after {took_ms:.0f} ms, {wire}"
    if (proxy := endpoint.proxy) is not None:
        detail += f"; {_way(proxy)}"
        if not proxy.is_usable:
            return CheckResult("service", CheckState.WARNING, detail, unusable(proxy).hint)
    return CheckResult("service", CheckState.OK, detail)


def _way(proxy: Proxy) -> str:
    """Whether the connection uses the configured proxy."""
    if proxy.is_usable:
        return f"through the proxy {proxy} of {proxy.variable}"
    return f"not through {proxy} of {proxy.variable}, which is not an HTTP proxy"


async def key(case: CheckContext) -> CheckResult:
    """Check that there is a key and, with ``is_online``, that the service accepts it."""
    from skdictate.app.factory import Factory
    from skdictate.speechkit.auth import credential_lookup

    try:
        issuer = credential_lookup.find(case.settings, case.paths, case.environ)
        factory = Factory(case.settings, case.paths, case.environ)
    except ProblemError as error:
        if error.problem.kind is Kind.CREDENTIALS:
            return failed("key", error.problem)
        return CheckResult("key", CheckState.SKIPPED, "not tried because the settings are invalid")
    found = f"{KINDS[issuer.kind]}, from {issuer.origin}" if issuer else "none"
    if factory.recogniser.is_local:
        detail = f"{found}; the embedded recogniser needs none"
        return CheckResult("key", CheckState.SKIPPED, detail)
    if not case.is_online:
        hint = "To try it, billed as 15 seconds of speech:\nskdictate doctor --online"
        return CheckResult("key", CheckState.SKIPPED, f"{found}; not tried", hint)
    try:
        await sign_in(factory)
    except ProblemError as error:
        return failed("key", error.problem)
    return CheckResult("key", CheckState.OK, f"{found}; the service accepts it")


async def sign_in(factory: Factory) -> None:
    """Open a session, send ``SILENCE_S`` of silence, and close the factory.

    Raises:
        ProblemError: the service rejects the credential, or cannot be reached.
    """
    sound = factory.sound.format
    try:
        async with factory.backend.connect(sound) as session:
            await session.send_audio(bytes(sound.size_bytes(sound.samples(SILENCE_S))))
            await session.finish()
            async with aclosing(aiter(session)) as events:  # type: ignore[type-var]
                async for _ in events:
                    return  # any answer means that the key was accepted
    finally:
        await factory.close()


async def _cause(endpoint: Endpoint) -> tuple[str, str]:
    """Why there is no connection, and what to do."""
    proxy = endpoint.proxy
    if proxy is not None and proxy.is_usable:
        hint = "Check that it allows CONNECT to this address, and whether it needs a password."
        return f"no connection {_way(proxy)}", hint
    detail, hint = await _steps(endpoint)
    return detail, hint if proxy is None else f"{hint} {unusable(proxy)}"


async def _steps(endpoint: Endpoint) -> tuple[str, str]:
    """Connect step by step without gRPC: the first step that fails, and what to do."""
    host, _, port = endpoint.target.rpartition(":")
    try:
        async with asyncio.timeout(STEP_S):
            if endpoint.target.startswith("unix:"):
                await _close(await asyncio.open_unix_connection(endpoint.target[len("unix:") :]))
            else:
                host = host.strip("[]")
                await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
                await _close(await asyncio.open_connection(host, port, ssl=_tls(endpoint)))
    except socket.gaierror as error:
        return f"the host name cannot be resolved ({error.strerror})", NETWORK
    except TimeoutError:
        return "no answer", f"A firewall may be in the way. {NETWORK}"
    except ssl.SSLCertVerificationError as error:
        detail = f"its certificate is not trusted ({error.verify_message})"
        return detail, "If it is your own server, give its root certificate with --ca-cert."
    except ssl.SSLError as error:
        hint = "Check the port. A server on this machine may need --plaintext."
        return f"it does not speak TLS ({error.reason})", hint
    except OSError as error:
        return f"no connection ({error.strerror or error})", "Check that the server runs."
    return "the server does not speak gRPC", "Check the port."


def _tls(endpoint: Endpoint) -> ssl.SSLContext | None:
    """A TLS context with the root certificates that the client uses; None for plaintext."""
    if endpoint.is_plaintext:
        return None
    pem = endpoint.root_certificate
    context = ssl.create_default_context(cadata=pem.decode("ascii", "replace") if pem else None)
    context.set_alpn_protocols(["h2"])
    return context


async def _close(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Close a connection at once."""
    streams[1].transport.abort()
