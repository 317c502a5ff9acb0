"""What many tests need: places of their own, a server of their own, real speech."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from skdictate.server.child_request import ChildRequest
from skdictate.server.recogniser import Recogniser
from skdictate.server.serve import serve
from skdictate.sources.file_source import demo_paths
from skdictate.speechkit.channel import Endpoint
from skdictate.system.paths import Paths
from tests.support.number_recogniser import EchoRecogniser
from tests.support.sound_server import SoundServer
from tests.support.sshd import Sshd

if hasattr(signal, "SIGHUP"):  # tests that run under nohup would start programs that ignore it
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
Serving = Callable[..., AbstractAsyncContextManager[Endpoint]]


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Tests run without ``pytest-timeout``, too; then nothing ends one that waits for ever."""
    if not pluginmanager.hasplugin("timeout"):
        parser.addini("timeout", "seconds for a test, which pytest-timeout would see to")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of this user is read or written, and no key is found."""
    for name in list(os.environ):
        if name.startswith(("SKDICTATE_", "YC_")):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("SKDICTATE_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Ctrl+C counts in the programs under test, also where a shell runs the tests behind ``&``."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def no_keyring() -> Iterator[None]:
    """The keyring of this user is left alone; a test that wants one brings its own."""
    with pytest.MonkeyPatch.context() as session:
        session.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        yield


@pytest.fixture
def paths(home: Path) -> Paths:
    return Paths.of({"SKDICTATE_HOME": str(home)})


@pytest.fixture
def serving(paths: Paths) -> Serving:
    """``async with serving(session_s=20) as endpoint``: a real server that echoes numbers."""

    @asynccontextmanager
    async def run(
        recogniser: Recogniser | None = None, **order: float | str
    ) -> AsyncIterator[Endpoint]:
        order.setdefault("address", f"unix:{paths.socket_folder() / 's'}")
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        stopped = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(
                serve(
                    ChildRequest(**order),  # type: ignore[arg-type]
                    recogniser or EchoRecogniser(),
                    ready.set_result,
                    stopped,
                )
            )
            try:
                yield Endpoint(await ready, is_plaintext=True)
            finally:
                stopped.set()

    return run


@pytest.fixture(scope="module")
def server() -> Iterator[SoundServer]:
    """A real sound server with the microphones "desk" and "headset"."""
    with SoundServer() as running:
        yield running


@pytest.fixture
def address(server: SoundServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test starts hears that server, on which nothing plays yet."""
    monkeypatch.setenv("PULSE_SERVER", server.address)
    server.hush()


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    """A real SSH server as Debian configures it; for another configuration, make one."""
    with Sshd() as running:
        yield running


@pytest.fixture(scope="session")
def beckett() -> Path:
    """Ten seconds of human speech: "Ever tried. Ever failed. No matter. ..."."""
    return demo_paths()[1]


@pytest.fixture(scope="session")
def two_cities() -> Path:
    """Forty-four seconds of human speech: "It was the best of times ..."."""
    return demo_paths()[0]
