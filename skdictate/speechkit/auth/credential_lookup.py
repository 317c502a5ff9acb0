"""Looks up the credential in the places where one may be configured, in order of precedence.

Only the first place that has one counts. If that credential is damaged, the user is told so
instead of being signed in with another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth import credential_command, service_account, vm_metadata
from skdictate.speechkit.auth.credential import ANY, IAM_TOKEN, last, of_text
from skdictate.speechkit.auth.issuer import Fixed, Issuer, Renewed, unexpected_problem
from skdictate.speechkit.auth.secret_files import read_private, read_stdin
from skdictate.speechkit.auth.service_account import AccountKey, exchange
from skdictate.speechkit.auth.stored_key import StoredKey
from skdictate.system.addresses import is_loopback
from skdictate.system.paths import Paths, expanded
from skdictate.system.secret_forms import looks_secret

VARIABLES = {
    "SKDICTATE_API_KEY": ANY,
    "SKDICTATE_IAM_TOKEN": IAM_TOKEN,
    "YC_API_KEY": ANY,
    "YC_IAM_TOKEN": IAM_TOKEN,
}
"""Environment variables for a key or a token, in order of precedence."""
FIRST = next(iter(VARIABLES))
SYSTEMD = "CREDENTIALS_DIRECTORY"
"""The directory where systemd puts a unit's ``LoadCredential=skdictate-api-key:...``."""
SYSTEMD_NAME = "skdictate-api-key"
FOLDER = "YC_FOLDER_ID"
"""The environment variable with the folder id, if the settings have none."""
LONGEST_FOLDER = 50
"""Characters, from SpeechKit's API v2 reference."""


class CredentialOptions(Protocol):
    """The settings that are needed here; see the table of options."""

    @property
    def auth(self) -> str:
        """``auto``, ``metadata`` or ``yc``."""

    @property
    def api_key_file(self) -> str:
        """A path, ``-`` for standard input, or empty."""

    @property
    def credential_command(self) -> tuple[str, ...]:
        """A command with its arguments, or nothing."""

    @property
    def folder_id(self) -> str:
        """The id of the folder that is billed, or empty."""

    @property
    def iam_endpoint(self) -> str:
        """The address of another IAM service, or empty."""


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """A source that has a credential; nothing is read from it before ``open`` is called."""

    name: str
    """A description for the user: a variable, a path, or an option."""
    open: Callable[[], Issuer]
    """Raises ``ProblemError`` if the credential cannot be used."""
    file: Path | None = None
    """The file that holds the credential, if it is in one."""


def find(
    options: CredentialOptions, paths: Paths, environ: Mapping[str, str], stdin_fd: int = 0
) -> Issuer | None:
    """The issuer of our credentials; None if no way to sign in is configured. Sends no request.

    Raises:
        ProblemError: the configured credential cannot be used.
    """
    source = next(sources(options, paths, environ, stdin_fd), None)
    return None if source is None else open_source(source)


def check(options: CredentialOptions, environ: Mapping[str, str]) -> None:
    """Check the settings without reading any key.

    Raises:
        ProblemError: the folder id or the address of the IAM service is malformed, or a key is
            given where a file name belongs.
    """
    _folder_id(options, environ)
    iam_url(options.iam_endpoint)
    if looks_secret(options.api_key_file):
        raise ProblemError(_key_on_command_line())


def open_source(source: CredentialSource) -> Issuer:
    """The issuer for the credential of a source.

    Raises:
        ProblemError: the credential cannot be used.
    """
    try:
        return source.open()
    except ProblemError:
        raise
    except Exception as error:  # noqa: BLE001 - a traceback could show secrets in its frames
        raise ProblemError(unexpected_problem(source.name, error)) from None


def sources(
    options: CredentialOptions, paths: Paths, environ: Mapping[str, str], stdin_fd: int = 0
) -> Iterator[CredentialSource]:
    """All places that have a credential, in order of precedence.

    Raises:
        ProblemError: the folder id or the address of the IAM service is malformed.
    """
    folder_id = _folder_id(options, environ)
    iam = iam_url(options.iam_endpoint)
    if options.auth == "metadata":
        yield CredentialSource("--auth metadata", lambda: _metadata(environ))
        return
    if options.auth == "yc":
        yield CredentialSource("--auth yc", lambda: _yc(environ, folder_id))
        return

    def source(
        name: str, read: Callable[[], str], scheme: str, file: Path | None = None
    ) -> CredentialSource:
        return CredentialSource(name, lambda: of_secret(read(), name, iam, folder_id, scheme), file)

    for name, read, scheme, file in _secrets(options, environ, stdin_fd):
        yield source(name, read, scheme, file)
    stored = StoredKey(paths)
    if stored.is_there:
        yield CredentialSource(
            f"{stored.file}", lambda: _stored(stored, iam, folder_id), stored.file
        )
    if words := options.credential_command:
        name = "the credential command"
        yield CredentialSource(name, lambda: _command(words, "command", name, folder_id))


def _secrets(
    options: CredentialOptions, environ: Mapping[str, str], stdin_fd: int
) -> Iterator[tuple[str, Callable[[], str], str, Path | None]]:
    """Credentials that the user supplies: name, reader, scheme and file of each."""
    if options.api_key_file == "-":
        yield "standard input", lambda: read_stdin(stdin_fd), ANY, None
    elif options.api_key_file:
        if looks_secret(options.api_key_file):
            raise ProblemError(_key_on_command_line())
        file = expanded(options.api_key_file)
        yield f"{file}", lambda: read_private(file), ANY, file
    for name, scheme in VARIABLES.items():
        if value := environ.get(name, "").strip():
            yield name, partial(str, value), scheme, None
    if folder := environ.get(SYSTEMD, ""):
        given = Path(folder, SYSTEMD_NAME)
        if _may_be_there(given):
            name = f"systemd's credential {SYSTEMD_NAME}"
            yield name, partial(read_private, given, is_given_by_system=True), ANY, given


def _may_be_there(path: Path) -> bool:
    """Whether the file exists, or may exist.

    If that cannot be found out, opening it will say why.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def of_secret(text: str, origin: str, iam: str, folder_id: str = "", scheme: str = ANY) -> Issuer:
    """An issuer for the text of an API key, an IAM token, or a service account's key in JSON.

    Raises:
        ProblemError: the text is none of them.
    """
    if not text.lstrip().startswith("{"):
        return Fixed(of_text(text, origin, scheme, folder_id))
    key = AccountKey.of_json(text, origin)
    return Renewed("service-account", origin, lambda: exchange(key, iam), last=last(key.key_id))


def _key_on_command_line() -> Problem:
    return Problem(
        Kind.USAGE,
        "--api-key-file needs the name of a file, not the key itself",
        "Other users of this machine can see command lines",
        "Run: skdictate auth login",
        is_permanent=True,
    )


def _stored(stored: StoredKey, iam: str, folder_id: str) -> Issuer:
    text, origin = stored.read()
    return of_secret(text, origin, iam, folder_id)


def _metadata(environ: Mapping[str, str]) -> Issuer:
    return Renewed("metadata", vm_metadata.WHO.lower(), lambda: vm_metadata.ask(environ))


def _yc(environ: Mapping[str, str], folder_id: str) -> Issuer:
    return Renewed(
        "yc", "yc", lambda: credential_command.ask_yc(environ, folder_id), folder_id=folder_id
    )


def _command(words: tuple[str, ...], kind: str, name: str, folder_id: str) -> Issuer:
    return Renewed(
        kind,
        name,
        lambda: credential_command.run_credential_command(words, name, folder_id),
        folder_id=folder_id,
    )


def _folder_id(options: CredentialOptions, environ: Mapping[str, str]) -> str:
    """The folder id from the settings or the environment; checked, as others may set it."""
    folder_id = options.folder_id or environ.get(FOLDER, "").strip()
    is_word = folder_id.isascii() and folder_id.replace("-", "").replace("_", "").isalnum()
    if folder_id and (not is_word or len(folder_id) > LONGEST_FOLDER):
        hint = "Copy it from the console, or run: yc config get folder-id"
        raise ProblemError(
            Problem(Kind.CONFIG, "This is not a folder id", repr(folder_id[:60]), hint, True)
        )
    return folder_id


def iam_url(address: str) -> str:
    """The URL of the IAM service at an address, without a path.

    Raises:
        ProblemError: the address is malformed, or secrets would be sent there unencrypted.
    """
    if not address:
        return service_account.IAM
    url = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    is_plain = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    is_near = is_loopback(f"{parts.hostname}:{port or 80}")
    if parts.scheme not in ("https", "http") or not parts.hostname or not is_plain:
        detail, hint = (
            f"--iam-endpoint {address[:80]!r}",
            "Give a host such as iam.api.yandexcloud.kz.",
        )
    elif parts.scheme == "http" and not is_near:
        detail, hint = f"{address[:80]} is not encrypted", "Use https, or give only the host."
    else:
        return f"{parts.scheme}://{parts.netloc}"
    title = "The address of the IAM service is not valid"
    raise ProblemError(Problem(Kind.CONFIG, title, detail, hint, is_permanent=True))
