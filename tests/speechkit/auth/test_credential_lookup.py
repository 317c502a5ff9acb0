"""The order of the places, and that none is looked at that need not be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skdictate.errors import Exit, ProblemError
from skdictate.settings.config import Settings
from skdictate.speechkit.auth.credential_lookup import FOLDER, VARIABLES, find, sources
from skdictate.speechkit.auth.stored_key import StoredKey
from skdictate.system.paths import Paths
from tests.support.token_server import key_file


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    """What systemd gives a service."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    path = folder / "skdictate-api-key"
    path.write_text("AQVN-systemd\n")
    path.chmod(0o400)
    return folder


async def secret(paths: Paths, environ: dict[str, str], **settings: object) -> str:
    issuer = find(Settings(**settings), paths, environ)  # type: ignore[arg-type]
    return (await issuer.credential()).secret if issuer else ""


async def test_each_place_comes_before_the_next(
    paths: Paths, tmp_path: Path, credentials: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("AQVN-file")
    file.chmod(0o600)
    StoredKey(paths).store("AQVN-kept", in_keyring=False)
    environ = {name: f"AQVN-{name}" for name in VARIABLES}
    environ["CREDENTIALS_DIRECTORY"] = str(credentials)
    settings = Settings(
        api_key_file=str(file), credential_command=("echo", "AQVN-command"), folder_id="b1g"
    )
    names = [place.name for place in sources(settings, paths, environ)]
    assert names == [
        str(file),
        "SKDICTATE_API_KEY",
        "SKDICTATE_IAM_TOKEN",
        "YC_API_KEY",
        "YC_IAM_TOKEN",
        "systemd's credential skdictate-api-key",
        str(paths.config / "credentials"),
        "the credential command",
    ]
    found = [await place.open().credential() for place in sources(settings, paths, environ)]
    assert [credential.secret for credential in found] == [
        "AQVN-file",
        *(f"AQVN-{name}" for name in VARIABLES),
        "AQVN-systemd",
        "AQVN-kept",
        "AQVN-command",
    ]
    folders = [credential.folder_id for credential in found]
    assert folders == ["", "", "b1g", "", "b1g", "", "", ""], "an API key needs none"


async def test_without_anything_there_is_nobody(paths: Paths) -> None:
    assert find(Settings(), paths, {}) is None
    assert find(Settings(), paths, {"YC_API_KEY": "  ", "YC_TOKEN": "t1.a.b"}) is None
    assert not paths.config.exists(), "nothing is made by looking"


async def test_a_damaged_one_is_said_and_no_other_is_taken(paths: Paths) -> None:
    environ = {"SKDICTATE_API_KEY": "two words", "YC_API_KEY": "AQVN"}
    with pytest.raises(ProblemError, match="SKDICTATE_API_KEY") as caught:
        find(Settings(), paths, environ)
    assert caught.value.problem.exit_code is Exit.CREDENTIALS


def test_metadata_and_yc_are_asked_only_if_that_was_said(paths: Paths) -> None:
    environ = {"YC_API_KEY": "AQVN"}
    for auth in ("metadata", "yc"):
        issuer = find(Settings(auth=auth), paths, environ)
        assert issuer is not None
        assert issuer.kind == auth


async def test_a_file_may_hold_the_key_of_a_service_account(paths: Paths, tmp_path: Path) -> None:
    issuer = find(Settings(api_key_file=str(key_file(tmp_path))), paths, {})
    assert issuer is not None
    assert (issuer.kind, issuer.origin) == ("service-account", str(tmp_path / "key.json"))


async def test_a_key_may_come_on_standard_input(paths: Paths) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"AQVN-piped\n")
    os.close(writer)
    issuer = find(Settings(api_key_file="-"), paths, {}, stdin_fd=reader)
    os.close(reader)
    assert issuer is not None
    assert (await issuer.credential()).secret == "AQVN-piped"


def test_a_key_in_place_of_its_file_is_not_repeated(paths: Paths) -> None:
    key = "AQVNabcdefghijklmnopqrstuvwxyz0123456789"
    with pytest.raises(ProblemError, match="not the key itself") as caught:
        find(Settings(api_key_file=key), paths, {})
    assert key not in str(caught.value)


@pytest.mark.parametrize("folder_id", ["two words", "a/b", "x" * 51, "папка"])
def test_what_is_no_folder_is_said(paths: Paths, folder_id: str) -> None:
    for settings, environ in (
        (Settings(folder_id=folder_id), {}),
        (Settings(), {FOLDER: folder_id}),
    ):
        with pytest.raises(ProblemError, match="not a folder id") as caught:
            find(settings, paths, environ)
        assert caught.value.problem.exit_code is Exit.CONFIG


async def test_the_folder_may_be_in_the_environment(paths: Paths) -> None:
    issuer = find(Settings(), paths, {FOLDER: "b1g-folder", "YC_IAM_TOKEN": "t1.a.b"})
    assert issuer is not None
    assert issuer.folder_id == (await issuer.credential()).folder_id == "b1g-folder"


@pytest.mark.parametrize(
    "address",
    ["http://iam.example", "http://169.254.169.254", "ftp://x", "https://", "x/y", "a@b", "x:y"],
)
def test_an_iam_service_that_is_none_or_not_encrypted_is_refused(
    paths: Paths, address: str
) -> None:
    with pytest.raises(ProblemError, match="address of the IAM service") as caught:
        find(Settings(iam_endpoint=address), paths, {})
    assert caught.value.problem.exit_code is Exit.CONFIG
