"""Unix sockets for other programs."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from skdictate.errors import ProblemError
from tests.server.clients import call_on, numbers, talk
from tests.server.conftest import Hosting
from tests.server.test_service_v3 import settings


async def test_a_socket_is_ours_alone_and_a_live_one_is_left_alone(
    hosting: Hosting, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "s"
    async with hosting(address=f"unix:{path}") as hosted:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        with pytest.raises(ProblemError, match="Another server is running at"):
            async with hosting(address=f"unix:{path}"):
                pass
        async with hosted.channel() as channel:
            assert await talk(call_on(channel), [settings(), *numbers(3)]) == "1 2 3"
    assert not path.exists()


async def test_one_that_is_left_over_is_replaced(hosting: Hosting, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "s"))
    assert (tmp_path / "s").exists()
    async with hosting(address=f"unix:{tmp_path / 's'}") as hosted, hosted.channel() as channel:
        assert await talk(call_on(channel), [settings(), *numbers(3)]) == "1 2 3"


async def test_a_place_that_is_not_private_is_refused(hosting: Hosting, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(ProblemError, match="open to other users"):
        async with hosting(address=f"unix:{tmp_path / 's'}"):
            pass
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    tmp_path.chmod(0o700)
    (tmp_path / "s").write_text("something of the user's")
    with pytest.raises(ProblemError, match="not a socket"):
        async with hosting(address=f"unix:{tmp_path / 's'}"):
            pass
    assert (tmp_path / "s").read_text() == "something of the user's"
    with pytest.raises(ProblemError, match="too long"):
        async with hosting(address=f"unix:{tmp_path / ('s' * 100)}"):
            pass
