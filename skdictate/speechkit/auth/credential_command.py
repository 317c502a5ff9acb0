"""Runs a command that prints a credential, ``yc`` among them.

Without a shell and with a time limit.

The command may print an API key, an IAM token, or JSON with a token and its expiry.
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
from skdictate.speechkit.auth.service_account import of_token, parse_time
from skdictate.system import child_processes
from skdictate.text.clean_text import clean

LIMIT_S = 10.0
"""Seconds. A command that asks the user something would never end."""
MOST_BYTES = 65_536
PROFILE = "YC_PROFILE"
"""The environment variable with the ``yc`` profile to use; Yandex' own programs use it too."""
_LONG = re.compile(r"(?=[\w.=+-]*\d)(?=[\w.=+-]*[^\W\d])[\w.=+-]{20,}")
"""A word that may be a secret: long, with letters and digits."""
_FOLDER = re.compile(r"[A-Za-z0-9_-]{1,50}")
_TOKENS = ("iam_token", "iamToken", "access_token", "token")
_ENDS = ("expires_at", "expiresAt")


def yc(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The command that prints an IAM token for the account that ``yc`` is configured for."""
    return ("yc", "iam", "create-token", *_flags(environ))


def _flags(environ: Mapping[str, str]) -> tuple[str, ...]:
    profile = environ.get(PROFILE, "").strip()
    return ("--no-user-output", *((f"--profile={profile}",) if profile else ()))


async def ask_yc(environ: Mapping[str, str], folder_id: str) -> Credential:
    """Get an IAM token and a folder id from ``yc``.

    Raises:
        ProblemError: ``yc`` gave no token. A missing folder is no error.
    """
    credential = await run_credential_command(yc(environ), "yc", folder_id)
    if credential.folder_id or credential.scheme != IAM_TOKEN:
        return credential
    return replace(credential, folder_id=await _folder(environ))


async def _folder(environ: Mapping[str, str]) -> str:
    """The folder id that ``yc`` is configured for.

    Empty if there is none, as for service accounts.
    """
    command = ("yc", "config", "get", "folder-id", *_flags(environ))
    try:
        async with asyncio.timeout(LIMIT_S):
            code, out, _ = await _run(command)
    except (TimeoutError, OSError):
        return ""
    answer = out.strip()
    return answer if code == 0 and _FOLDER.fullmatch(answer) else ""


async def run_credential_command(command: Sequence[str], origin: str, folder_id: str) -> Credential:
    """Run a command and return the credential that it prints.

    Raises:
        ProblemError: it cannot be run, fails, takes too long, or prints something else.
    """
    name = clean(command[0])[:60]
    try:
        async with asyncio.timeout(LIMIT_S):
            code, out, stderr = await _run(command)
    except TimeoutError:
        detail = f"{name} did not finish within {LIMIT_S:g} s"
        raise _failed(origin, detail, "It may be waiting for input: run it yourself.") from None
    except OSError as error:
        detail = f"{name}: {error.strerror}"
        raise _failed(origin, detail, "Check that it is installed.", is_permanent=True) from None
    if code != 0:
        answer = f": {stderr}" if stderr else ""
        hint = "Run it yourself to see why."
        raise _failed(origin, f"{name} ended with code {code}{answer}", hint, is_permanent=True)
    return _credential(out, origin, folder_id)


async def _run(command: Sequence[str]) -> tuple[int, str, str]:
    """The exit code, standard output, and the last line of standard error with secrets masked."""
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
        out, stderr = await asyncio.gather(_head(child.stdout), _head(child.stderr))
        code = await child.wait()
    finally:
        if child.returncode is None:
            child_processes.kill_group(child)
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await child.wait()
    lines = [line for line in stderr.splitlines() if line.strip()]
    return code, out, _LONG.sub("[…]", clean(lines[-1]))[:200] if lines else ""


async def _head(stream: asyncio.StreamReader) -> str:
    """The first ``MOST_BYTES`` of a stream.

    The rest is read and dropped, so the command never blocks.
    """
    data = b""
    while piece := await stream.read(MOST_BYTES):
        data = (data + piece)[:MOST_BYTES]
    return data.decode(errors="replace")


def _credential(out: str, origin: str, folder_id: str) -> Credential:
    """Parse what a command printed."""
    if out.lstrip().startswith("{"):
        try:
            answer = json.loads(out)
            token = next(answer[name] for name in _TOKENS if name in answer)
            end = next((str(answer[name]) for name in _ENDS if name in answer), "")
            issued = of_token(token, origin, parse_time(end) if end else None)
            return replace(issued, folder_id=folder_id)
        except (StopIteration, TypeError, ValueError):
            detail = "What it printed is JSON without a token"
            raise _failed(
                origin, detail, "Make it print only the token.", is_permanent=True
            ) from None
    lines = [line for line in out.splitlines() if line.strip()]
    if not lines:
        detail = "It printed nothing"
        raise _failed(origin, detail, "Run it yourself to see why.", is_permanent=True)
    return replace(of_text(lines[-1], "What it printed", folder_id=folder_id), origin=origin)


def _failed(origin: str, detail: str, hint: str, *, is_permanent: bool = False) -> ProblemError:
    title = f"No key from {origin}"
    return ProblemError(Problem(Kind.CREDENTIALS, title, detail, hint, is_permanent))
