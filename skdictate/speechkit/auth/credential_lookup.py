"""Where a credential is looked for, in order. The first place that has one is the one that counts:
if what is there is damaged, that is said, and no other place is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.secret_forms import looks_secret
from skdictate.speechkit.auth import credential_command, service_account, vm_metadata
from skdictate.speechkit.auth.credential import ANY, IAM_TOKEN, last, of_text
from skdictate.speechkit.auth.issuer import Fixed, Issuer, Renewed, mishap
from skdictate.speechkit.auth.secret_files import read_private, read_stdin
from skdictate.speechkit.auth.service_account import AccountKey, exchange
from skdictate.speechkit.auth.stored_key import StoredKey
from skdictate.system.addresses import is_loopback
from skdictate.system.paths import Paths, expanded

VARIABLES = {
    "SKDICTATE_API_KEY": ANY,
    "SKDICTATE_IAM_TOKEN": IAM_TOKEN,
    "YC_API_KEY": ANY,
    "YC_IAM_TOKEN": IAM_TOKEN,
}
"""Which may hold a key or a token, in order."""
FIRST = next(iter(VARIABLES))
SYSTEMD = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what a unit has as ``LoadCredential=skdictate-api-key:...``."""
SYSTEMD_NAME = "skdictate-api-key"
FOLDER = "YC_FOLDER_ID"
"""The folder, if the settings name none."""
LONGEST_FOLDER = 50
"""Characters, after the service's reference of API v2."""


class CredentialOptions(Protocol):
    """The settings that matter here; see the table of options."""

    @property
    def auth(self) -> str:
        """``auto``, ``metadata`` or ``yc``."""

    @property
    def api_key_file(self) -> str:
        """A path, ``-`` for standard input, or empty."""

    @property
    def credential_command(self) -> tuple[str, ...]:
        """A command and its arguments, or nothing."""

    @property
    def folder_id(self) -> str:
        """Of the folder that pays, or empty."""

    @property
    def iam_endpoint(self) -> str:
        """Another IAM service, or empty."""


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """One that has something; it is not looked at before it is opened."""

    name: str
    """In words: a variable, a path, a setting."""
    open: Callable[[], Issuer]
    """Raises ``ProblemError`` if what is there cannot be used."""
    file: Path | None = None
    """The file that holds it."""


def find(
    wishes: CredentialOptions, paths: Paths, environ: Mapping[str, str], stdin_fd: int = 0
) -> Issuer | None:
    """Who hands out our credentials, if any way to sign in is configured. Sends nothing.

    Raises:
        ProblemError: what is configured cannot be used.
    """
    place = next(places(wishes, paths, environ, stdin_fd), None)
    return None if place is None else opened(place)


def check(wishes: CredentialOptions, environ: Mapping[str, str]) -> None:
    """Look at what stands in the settings, but at no key.

    Raises:
        ProblemError: the id of the folder or the IAM service's address is wrong, or a key stands
            where a file is to be named.
    """
    _folder_id(wishes, environ)
    iam_url(wishes.iam_endpoint)
    if looks_secret(wishes.api_key_file):
        raise ProblemError(_seen())


def opened(place: CredentialSource) -> Issuer:
    """Who hands out what this place has.

    Raises:
        ProblemError: that cannot be used.
    """
    try:
        return place.open()
    except ProblemError:
        raise
    except Exception as error:  # noqa: BLE001 - a crash would show what its frames hold
        raise ProblemError(mishap(place.name, error)) from None


def places(
    wishes: CredentialOptions, paths: Paths, environ: Mapping[str, str], stdin_fd: int = 0
) -> Iterator[CredentialSource]:
    """All that have something, the strongest first.

    Raises:
        ProblemError: the id of the folder or the IAM service's address is wrong.
    """
    folder_id = _folder_id(wishes, environ)
    iam = iam_url(wishes.iam_endpoint)
    if wishes.auth == "metadata":
        yield CredentialSource("--auth metadata", lambda: _metadata(environ))
        return
    if wishes.auth == "yc":
        yield CredentialSource("--auth yc", lambda: _yc(environ, folder_id))
        return

    def place(
        name: str, read: Callable[[], str], scheme: str, file: Path | None = None
    ) -> CredentialSource:
        return CredentialSource(name, lambda: of_secret(read(), name, iam, folder_id, scheme), file)

    for name, read, scheme, file in _secrets(wishes, environ, stdin_fd):
        yield place(name, read, scheme, file)
    kept = StoredKey(paths)
    if kept.is_there:
        yield CredentialSource(f"{kept.file}", lambda: _kept(kept, iam, folder_id), kept.file)
    if words := wishes.credential_command:
        name = "the credential command"
        yield CredentialSource(name, lambda: _command(words, "command", name, folder_id))


def _secrets(
    wishes: CredentialOptions, environ: Mapping[str, str], stdin_fd: int
) -> Iterator[tuple[str, Callable[[], str], str, Path | None]]:
    """Those that the user has brought along: name, how to read it, scheme, file."""
    if wishes.api_key_file == "-":
        yield "standard input", lambda: read_stdin(stdin_fd), ANY, None
    elif wishes.api_key_file:
        if looks_secret(wishes.api_key_file):
            raise ProblemError(_seen())
        file = expanded(wishes.api_key_file)
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
    """Whether there is a file, or it cannot be told, which is said when it is opened."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def of_secret(text: str, origin: str, iam: str, folder_id: str = "", scheme: str = ANY) -> Issuer:
    """What a text is: an API key, an IAM token, or the key of a service account in JSON.

    Raises:
        ProblemError: it is none of them.
    """
    if not text.lstrip().startswith("{"):
        return Fixed(of_text(text, origin, scheme, folder_id))
    key = AccountKey.of_json(text, origin)
    return Renewed("service-account", origin, lambda: exchange(key, iam), last=last(key.key_id))


def _seen() -> Problem:
    return Problem(
        Kind.USAGE,
        "This is the key, and not a file that holds it",
        "--api-key-file wants a name; what stands on a command line is seen by others",
        "Run: skdictate auth login",
        is_permanent=True,
    )


def _kept(kept: StoredKey, iam: str, folder_id: str) -> Issuer:
    text, origin = kept.read()
    return of_secret(text, origin, iam, folder_id)


def _metadata(environ: Mapping[str, str]) -> Issuer:
    return Renewed("metadata", vm_metadata.WHO.lower(), lambda: vm_metadata.ask(environ))


def _yc(environ: Mapping[str, str], folder_id: str) -> Issuer:
    return Renewed(
        "yc", "yc", lambda: credential_command.ask_yc(environ, folder_id), folder_id=folder_id
    )


def _command(words: tuple[str, ...], kind: str, name: str, folder_id: str) -> Issuer:
    return Renewed(
        kind, name, lambda: credential_command.ask(words, name, folder_id), folder_id=folder_id
    )


def _folder_id(wishes: CredentialOptions, environ: Mapping[str, str]) -> str:
    """The folder of the settings or of the environment; other programs may have set the latter."""
    folder_id = wishes.folder_id or environ.get(FOLDER, "").strip()
    is_word = folder_id.isascii() and folder_id.replace("-", "").replace("_", "").isalnum()
    if folder_id and (not is_word or len(folder_id) > LONGEST_FOLDER):
        hint = "Copy it from the console, or run: yc config get folder-id"
        raise ProblemError(
            Problem(Kind.CONFIG, "This is no id of a folder", repr(folder_id[:60]), hint, True)
        )
    return folder_id


def iam_url(address: str) -> str:
    """The URL of the IAM service, without a path.

    Raises:
        ProblemError: it is no address, or secrets would go there unencrypted.
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
        detail, hint = f"--iam-endpoint {address[:80]!r}", "Give a host, as iam.api.yandexcloud.kz."
    elif parts.scheme == "http" and not is_near:
        detail, hint = f"{address[:80]} is not encrypted", "Give it with https, or as a host."
    else:
        return f"{parts.scheme}://{parts.netloc}"
    title = "The IAM service's address is wrong"
    raise ProblemError(Problem(Kind.CONFIG, title, detail, hint, is_permanent=True))
