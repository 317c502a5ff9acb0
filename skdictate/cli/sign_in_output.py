"""``skdictate auth``: keeps a key, says which one is used, forgets it. No secret is ever shown."""

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
    """Take a key, look at its form, perhaps try it, and keep it.

    Args:
        config: the settings in force.
        paths: where to keep it.
        environ: the environment, whose keys come first.
        is_piped: it comes on standard input; else it is asked for on the terminal.
        is_online: try it, which is billed.
        in_file: keep it in the file, also where there is a keyring.

    Raises:
        ProblemError: it is no key, the service does not take it, or it cannot be kept.
    """
    if not is_piped and not sys.stdin.isatty():
        raise ProblemError(_no_terminal())
    keeping = KeyStorage.at(paths, why_no_keyring="you asked for a file" if in_file else "")
    _say(f"The key will be kept in {keeping.description}.")
    text = read_stdin(0) if is_piped else _ask()
    issuer = issuer_of(text, "What was given", config.settings)
    if is_online or (not is_piped and _agrees("Try it now? That is billed as 15 s of speech.")):
        _try(config, paths, text)
        _say("The service takes it.")
    keeping.store(text)
    _say(f"Kept: {describe(issuer)}.")
    for name in names_with_precedence(config.settings, paths, environ):
        _say(f"{name} is set too, and comes first.")
    _say_engine(config, paths, environ)
    return Exit.DONE


def logout(config: Config, paths: Paths, environ: Mapping[str, str]) -> Exit:
    """Forget what is kept; say what else is set.

    Raises:
        ProblemError: it cannot be removed.
    """
    places = StoredKey(paths).remove()
    _say(f"Removed from {' and '.join(places)}." if places else "Nothing was kept.")
    for place in credential_lookup.sources(config.settings, paths, environ):
        _say(f"Still set: {place.name}.")
    _say_engine(config, paths, environ)
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
    """Write which credential is used, and what is known of it.

    Args:
        config: the settings in force.
        paths: where something may be kept.
        environ: the environment.
        out: written to.
        form: ``text`` or ``json``.
        is_online: ask whoever issues tokens for one, to see until when it is valid.

    Raises:
        ProblemError: the credential that is configured cannot be used.
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
    """For a person."""
    kind = KINDS.get(fields["kind"], "none; to get one: skdictate auth login")
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
    """When it ends, as far as that is known."""
    if fields["expires_at"]:
        return str(fields["expires_at"])
    ends = {
        "iam-token": "within 12 hours of its issue; when, it does not tell",
        "service-account": "not by itself; its tokens are renewed",
        "command": "its tokens are renewed",
        "metadata": "its tokens are renewed",
        "yc": "its tokens are renewed",
        "api-key": "as chosen when it was made",
    }
    return ends.get(fields["kind"], "")


def _ask() -> str:
    """Ask for the key on the terminal, where it is not shown."""
    from getpass import getpass

    try:
        return getpass("API key (it is not shown): ", sys.stderr)
    except EOFError:
        raise KeyboardInterrupt from None


def _no_terminal() -> Problem:
    detail = "Standard input is no terminal"
    return Problem(Kind.USAGE, "No key can be asked for", detail, "Pipe it, with --stdin.", True)


def _agrees(question: str) -> bool:
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _try(config: Config, paths: Paths, text: str) -> None:
    """Open a session with it, and with nothing else.

    Raises:
        ProblemError: the service does not let us, or cannot be reached.
    """
    from skdictate.doctor.service_check import sign_in

    settings = replace(config.settings, engine="speechkit", auth="auto", api_key_file="")
    factory = Factory(settings, paths, {credential_lookup.FIRST: text})
    _say(f"Trying it on {factory.recogniser.way} ...")
    asyncio.run(sign_in(factory))


def _engine(config: Config, paths: Paths, environ: Mapping[str, str]) -> tuple[str, str]:
    """Which recogniser is used with these settings, and where it is."""
    factory = Factory(config.settings, paths, environ)
    return factory.backend.name, factory.recogniser.place


def _say_engine(config: Config, paths: Paths, environ: Mapping[str, str]) -> None:
    try:
        name, place = _engine(config, paths, environ)
    except ProblemError as error:
        _say(f"{error.problem}")
        return
    origin = config.origins["engine"]
    chosen = f" ({origin}: {config.settings.engine})" if origin != "default" else ""
    _say(f"From now on {name} on {place} is used{chosen}.")


def _say(words: str) -> None:
    """To standard error, a line."""
    sys.stderr.write(f"{words}\n")
