"""A command that prints a credential, ``yc`` among them: run without a shell, bounded, unheard.

What it prints is an API key, an IAM token, or JSON with a token and its end.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth.credential import IAM_TOKEN, Credential, of_text
from skdictate.speechkit.auth.service_account import moment, of_token
from skdictate.system import child_processes
from skdictate.text.clean_text import clean

LIMIT_S = 10.0
"""A command that asks the user something would never end."""
MOST_BYTES = 65_536
PROFILE = "YC_PROFILE"
"""The profile of ``yc`` to use; other programs of Yandex's know it too."""
_LONG = re.compile(r"(?=[\w.=+-]*\d)(?=[\w.=+-]*[^\W\d])[\w.=+-]{20,}")
"""A word that may be a secret: long, of letters and digits."""
_FOLDER = re.compile(r"[A-Za-z0-9_-]{1,50}")
_TOKENS = ("iam_token", "iamToken", "access_token", "token")
_ENDS = ("expires_at", "expiresAt")


def yc(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The command that prints the token of whoever ``yc`` is set up for."""
    return ("yc", "iam", "create-token", *_flags(environ))


def _flags(environ: Mapping[str, str]) -> tuple[str, ...]:
    profile = environ.get(PROFILE, "").strip()
    return ("--no-user-output", *((f"--profile={profile}",) if profile else ()))


async def ask_yc(environ: Mapping[str, str], folder_id: str) -> Credential:
    """The token of whoever ``yc`` is set up for, and the folder that it is set up for.

    Raises:
        ProblemError: there is none to be had; the folder may be missing.
    """
    credential = await ask(yc(environ), "yc", folder_id)
    if credential.folder_id or credential.scheme != IAM_TOKEN:
        return credential
    return replace(credential, folder_id=await _folder(environ))


async def _folder(environ: Mapping[str, str]) -> str:
    """The folder of ``yc``; empty if it has none: a service account needs none."""
    command = ("yc", "config", "get", "folder-id", *_flags(environ))
    try:
        async with asyncio.timeout(LIMIT_S):
            code, out, _ = await _run(command)
    except (TimeoutError, OSError):
        return ""
    said = out.strip()
    return said if code == 0 and _FOLDER.fullmatch(said) else ""


async def ask(command: Sequence[str], origin: str, folder_id: str) -> Credential:
    """What the command prints.

    Raises:
        ProblemError: it cannot be run, fails, takes too long, or prints something else.
    """
    name = clean(command[0])[:60]
    try:
        async with asyncio.timeout(LIMIT_S):
            code, out, words = await _run(command)
    except TimeoutError:
        detail = f"{name} has not ended within {LIMIT_S:g} s"
        raise _failed(origin, detail, "It may wait for an answer: run it by hand.") from None
    except OSError as error:
        detail = f"{name}: {error.strerror}"
        raise _failed(origin, detail, "Check that it is installed.", is_permanent=True) from None
    if code != 0:
        said = f": {words}" if words else ""
        hint = "Run it by hand, to see why."
        raise _failed(origin, f"{name} ended with code {code}{said}", hint, is_permanent=True)
    return _credential(out, origin, folder_id)


async def _run(command: Sequence[str]) -> tuple[int, str, str]:
    """Exit code, standard output, and the last words on standard error without secrets."""
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=child_processes.environ(),
        start_new_session=True,
    )
    try:
        assert child.stdout is not None
        assert child.stderr is not None
        out, words = await asyncio.gather(_head(child.stdout), _head(child.stderr))
        code = await child.wait()
    finally:
        if child.returncode is None:
            child_processes.kill_group(child)
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await child.wait()
    lines = [line for line in words.splitlines() if line.strip()]
    return code, out, _LONG.sub("[…]", clean(lines[-1]))[:200] if lines else ""


async def _head(stream: asyncio.StreamReader) -> str:
    """The beginning of what comes; the rest is read and forgotten, so that nothing stands still."""
    data = b""
    while piece := await stream.read(MOST_BYTES):
        data = (data + piece)[:MOST_BYTES]
    return data.decode(errors="replace")


def _credential(out: str, origin: str, folder_id: str) -> Credential:
    """What was printed, as a credential."""
    if out.lstrip().startswith("{"):
        try:
            said = json.loads(out)
            token = next(said[name] for name in _TOKENS if name in said)
            end = next((str(said[name]) for name in _ENDS if name in said), "")
            issued = of_token(token, origin, moment(end) if end else None)
            return replace(issued, folder_id=folder_id)
        except (StopIteration, TypeError, ValueError):
            detail = "What it printed is JSON without a token"
            raise _failed(
                origin, detail, "It may print just the token.", is_permanent=True
            ) from None
    lines = [line for line in out.splitlines() if line.strip()]
    if not lines:
        detail = "It printed nothing"
        raise _failed(origin, detail, "Run it by hand, to see why.", is_permanent=True)
    return replace(of_text(lines[-1], "What it printed", folder_id=folder_id), origin=origin)


def _failed(origin: str, detail: str, hint: str, *, is_permanent: bool = False) -> ProblemError:
    title = f"No key from {origin}"
    return ProblemError(Problem(Kind.CREDENTIALS, title, detail, hint, is_permanent))
