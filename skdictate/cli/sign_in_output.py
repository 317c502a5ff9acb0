"""Runs ``skdictate auth``: stores a key, shows which one is used, removes it.

Secrets are never printed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TextIO

from skdictate.app.factory import Factory
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.settings.config import Config
from skdictate.speechkit.auth import credential_lookup
from skdictate.speechkit.auth.issuer import KINDS
from skdictate.speechkit.auth.secret_files import mode_of, read_stdin
from skdictate.speechkit.auth.sign_in import KeyStorage, describe, issuer_of, names_with_precedence
from skdictate.speechkit.auth.stored_key import StoredKey
from skdictate.system.paths import Paths


def login(
    config: Config,
    paths: Paths,
    environ: Mapping[str, str],
    *,
    is_piped: bool,
    is_online: bool,
    in_file: bool,
) -> Exit:
    """Read a key, check its form, try it if the user agrees, and store it.

    Args:
        config: the settings in force.
        paths: where the key file is.
        environ: the environment; a key there takes precedence over the stored one.
        is_piped: read the key from standard input; else ask for it on the terminal.
        is_online: try the key, which is billed.
        in_file: store it in the file even if there is a keyring.

    Raises:
        ProblemError: it is not a key, the service rejects it, or it cannot be stored.
    """
    if not is_piped and not sys.stdin.isatty():
        raise ProblemError(_no_terminal())
    keeping = KeyStorage.at(paths, why_no_keyring="you asked for a file" if in_file else "")
    _print(f"The key will be stored in {keeping.description}.")
    text = read_stdin(0) if is_piped else _ask()
    issuer = issuer_of(text, "What was given", config.settings)
    if is_online or (not is_piped and _agrees("Try the key now? It is billed as 15 s of speech.")):
        _try(config, paths, text)
        _print("The service accepts the key.")
    keeping.store(text)
    _print(f"Stored: {describe(issuer)}.")
    for name in names_with_precedence(config.settings, paths, environ):
        _print(f"{name} is also set and takes precedence.")
    _print_engine(config, paths, environ)
    return Exit.DONE


def logout(config: Config, paths: Paths, environ: Mapping[str, str]) -> Exit:
    """Remove the stored key, and print which other credentials are set.

    Raises:
        ProblemError: the key cannot be removed.
    """
    places = StoredKey(paths).remove()
    _print(f"Removed from {' and '.join(places)}." if places else "No key was stored.")
    for place in credential_lookup.sources(config.settings, paths, environ):
        _print(f"Still set: {place.name}.")
    _print_engine(config, paths, environ)
    return Exit.DONE


def status(
    config: Config,
    paths: Paths,
    environ: Mapping[str, str],
    out: TextIO,
    *,
    form: str,
    is_online: bool,
) -> Exit:
    """Write which credential is used, and what is known about it.

    Args:
        config: the settings in force.
        paths: where the stored key is.
        environ: the environment.
        out: where to write.
        form: ``text`` or ``json``.
        is_online: request a token from its issuer to see when it expires.

    Returns:
        ``CREDENTIALS`` if there is no credential, else ``DONE``.

    Raises:
        ProblemError: the configured credential cannot be used.
    """
    found = list(credential_lookup.sources(config.settings, paths, environ))
    fields: dict[str, Any] = {"kind": "none", "source": "", "last": "", "mode": ""}
    fields |= {"expires_at": "", "folder_id": ""}
    if found:
        issuer = credential_lookup.open_source(found[0])
        fields |= {"kind": issuer.kind, "source": issuer.origin, "last": issuer.last}
        fields["folder_id"] = issuer.folder_id
        fields["mode"] = mode_of(found[0].file) if found[0].file else ""
        if is_online:
            credential = asyncio.run(issuer.credential())
            fields["folder_id"] = credential.folder_id
            if ends := credential.expires_at:
                fields["expires_at"] = ends.astimezone().isoformat(timespec="seconds")
    fields["engine"], fields["place"] = _engine(config, paths, environ)
    fields["others"] = [place.name for place in found[1:]]
    if form == "json":
        out.write(json.dumps({"v": 1, "event": "credential", **fields}) + "\n")
    else:
        out.writelines(f"{name:<12}{value}\n" for name, value in _rows(fields) if value)
    return Exit.DONE if found else Exit.CREDENTIALS


def _rows(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The credential for a person, as (name, value); an empty value is not shown."""
    kind = KINDS.get(fields["kind"], "none; to store one: skdictate auth login")
    last = f" …{fields['last']}" if fields["last"] else ""
    mode = f", mode {fields['mode']}" if fields["mode"] else ""
    return [
        ("credential", f"{kind}{last}"),
        ("from", f"{fields['source']}{mode}"),
        ("expires", _end(fields)),
        ("folder", fields["folder_id"]),
        ("engine", f"{fields['engine']} on {fields['place']}"),
        ("also set", ", ".join(fields["others"])),
    ]


def _end(fields: Mapping[str, Any]) -> str:
    """When the credential expires, as far as that is known."""
    if fields["expires_at"]:
        return str(fields["expires_at"])
    ends = {
        "iam-token": "within 12 hours of its issue; the token does not say when",
        "service-account": "never; its tokens are renewed",
        "command": "its tokens are renewed",
        "metadata": "its tokens are renewed",
        "yc": "its tokens are renewed",
        "api-key": "at the date chosen when it was created",
    }
    return ends.get(fields["kind"], "")


def _ask() -> str:
    """Ask for the key on the terminal without echoing it."""
    from getpass import getpass

    try:
        return getpass("API key (not shown): ", sys.stderr)
    except EOFError:
        raise KeyboardInterrupt from None


def _no_terminal() -> Problem:
    detail = "Standard input is not a terminal"
    hint = "Pipe the key into the command and add --stdin."
    return Problem(Kind.USAGE, "Cannot ask for a key", detail, hint, True)


def _agrees(question: str) -> bool:
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _try(config: Config, paths: Paths, text: str) -> None:
    """Open a session with this key and no other credential.

    Raises:
        ProblemError: the service rejects the key, or cannot be reached.
    """
    from skdictate.doctor.service_check import sign_in

    settings = replace(config.settings, engine="speechkit", auth="auto", api_key_file="")
    factory = Factory(settings, paths, {credential_lookup.FIRST: text})
    _print(f"Trying the key on {factory.recogniser.way} ...")
    asyncio.run(sign_in(factory))


def _engine(config: Config, paths: Paths, environ: Mapping[str, str]) -> tuple[str, str]:
    """Name and place of the recogniser that these settings choose."""
    factory = Factory(config.settings, paths, environ)
    return factory.backend.name, factory.recogniser.place


def _print_engine(config: Config, paths: Paths, environ: Mapping[str, str]) -> None:
    try:
        name, place = _engine(config, paths, environ)
    except ProblemError as error:
        _print(f"{error.problem}")
        return
    origin = config.origins["engine"]
    chosen = f" ({origin}: {config.settings.engine})" if origin != "default" else ""
    _print(f"Dictations now use {name} on {place}{chosen}.")


def _print(words: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{words}\n")
