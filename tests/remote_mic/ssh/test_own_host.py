from __future__ import annotations

import getpass
import shutil
import socket
import sys
from pathlib import Path

import pytest

from skdictate.remote_mic.ssh import own_host


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/skdictate"])
    monkeypatch.setattr(own_host, "USUAL_PATH", str(Path(sys.executable).parent))
    assert shutil.which("skdictate", path=own_host.USUAL_PATH)


@pytest.mark.usefixtures("installed")
def test_who_came_by_an_address_comes_by_it_again() -> None:
    asked = own_host.invitation({"SSH_CONNECTION": "198.51.100.7 50123 203.0.113.9 2222"})
    assert asked.host == f"{getpass.getuser()}@203.0.113.9"
    assert asked.port == 2222
    assert asked.program == ("skdictate",)
    asked = own_host.invitation({"SSH_CONNECTION": "fe80::1%eth0 50123 2001:db8::9 22"})
    assert asked.host.endswith("@2001:db8::9")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "told",
    [{}, {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 22"}, {"SSH_CONNECTION": "a b \x1b[2J 22"}],
)
def test_where_no_address_helps_the_name_is_told(told: dict[str, str]) -> None:
    asked = own_host.invitation(told)
    assert (asked.host.partition("@")[2], asked.port) == (socket.gethostname(), 22)


def test_a_program_that_a_shell_would_not_find_is_named_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "skdictate")])
    assert own_host.invitation({}).program == (str(tmp_path / "skdictate"),)
    monkeypatch.setattr(sys, "argv", ["/some/where/__main__.py"])
    assert own_host.invitation({}).program == (sys.executable, "-m", "skdictate")
    asked = own_host.invitation({"SKDICTATE_HOME": "/srv/it"})
    assert asked.program[:2] == ("env", "SKDICTATE_HOME=/srv/it")
