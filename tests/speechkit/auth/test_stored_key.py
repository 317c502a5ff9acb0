"""What is kept: in a file, or in a keyring that is a real backend of the package."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked

from skdictate.errors import ProblemError
from skdictate.speechkit.auth import keyring_store
from skdictate.speechkit.auth.stored_key import StoredKey
from skdictate.system.paths import Paths

SECRET = "AQVN-canary-9913"


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0
    name = "drawer"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._unlock()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._unlock()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._unlock()
        del self.entries[service, username]

    def _unlock(self) -> None:
        if self.is_locked:
            raise KeyringLocked("the user said no")


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    before = keyring.get_keyring()
    drawer = Drawer()
    keyring.set_keyring(drawer)
    yield drawer
    keyring.set_keyring(before)


def test_a_file_is_private_and_whole(paths: Paths) -> None:
    kept = StoredKey(paths)
    assert not kept.is_there
    kept.store(f"{SECRET}\n\n", in_keyring=False)
    assert kept.read() == (f"{SECRET}\n", str(kept.file))
    assert stat.S_IMODE(kept.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.file.parent.stat().st_mode) == 0o700
    assert [path.name for path in paths.config.iterdir()] == ["credentials"]
    assert kept.remove() == [str(kept.file)]
    assert kept.remove() == []


def test_what_stands_in_its_place_is_replaced_and_not_written_through(
    paths: Paths, tmp_path: Path
) -> None:
    kept = StoredKey(paths)
    paths.config.mkdir(parents=True)
    mine = tmp_path / "mine"
    mine.write_text("mine")
    kept.file.symlink_to(mine)
    kept.file.with_name("credentials.new").symlink_to(mine)
    with pytest.raises(ProblemError, match="is a symbolic link"):
        kept.read()
    kept.store(SECRET, in_keyring=False)
    assert mine.read_text() == "mine"
    assert not kept.file.is_symlink()


def test_a_keyring_has_the_secret_and_the_file_has_not(paths: Paths, drawer: Drawer) -> None:
    assert keyring_store.absence() == ""
    kept = StoredKey(paths)
    kept.store(SECRET, in_keyring=True)
    assert SECRET not in kept.file.read_text()
    assert drawer.entries == {("skdictate", "speechkit"): SECRET}
    assert kept.read() == (SECRET, "the keyring")
    assert kept.remove() == ["the keyring"]
    assert drawer.entries == {}
    assert not kept.is_there


def test_what_moves_to_the_file_leaves_the_keyring(paths: Paths, drawer: Drawer) -> None:
    kept = StoredKey(paths)
    kept.store(SECRET, in_keyring=True)
    kept.store("AQVN-another", in_keyring=False)
    assert drawer.entries == {}
    assert kept.read()[0].strip() == "AQVN-another"


def test_a_keyring_that_refuses_is_said_and_nothing_is_kept_elsewhere(
    paths: Paths, drawer: Drawer
) -> None:
    kept = StoredKey(paths)
    drawer.is_locked = True
    with pytest.raises(ProblemError, match="KeyringLocked: the user said no") as caught:
        kept.store(SECRET, in_keyring=True)
    assert "--file" in caught.value.problem.hint
    assert not kept.is_there
    drawer.is_locked = False
    kept.store(SECRET, in_keyring=True)
    drawer.entries.clear()
    with pytest.raises(ProblemError, match="holds no key"):
        kept.read()


def test_most_servers_have_none(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    assert keyring_store.absence() == "this system has no keyring"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert keyring_store.absence() == "the package keyring is not installed"
