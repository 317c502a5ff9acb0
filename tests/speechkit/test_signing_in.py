"""Every way to sign in, up to what a real server is shown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from skdictate.app.factory import Factory
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.config import Settings
from skdictate.speechkit.auth import issuer
from skdictate.system.paths import Paths
from tests.support.token_server import issuing, key_file


@dataclass
class Doorman:
    """A server that looks at nothing but the metadata."""

    target: str = ""
    shown: list[dict[str, str]] = field(default_factory=list)
    """The metadata of each session."""
    refuses: set[str] = field(default_factory=set)
    """Of ``authorization``."""

    async def let_in(self, requests: AsyncIterator[bytes], context: Any) -> None:
        shown = dict(context.invocation_metadata())
        self.shown.append(shown)
        if shown.get("authorization") in self.refuses:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")
        async for _ in requests:
            pass


@asynccontextmanager
async def keeping(paths: Paths) -> AsyncIterator[Doorman]:
    doorman = Doorman(f"unix:{paths.socket_folder() / 's'}")
    method = grpc.stream_stream_rpc_method_handler(doorman.let_in)
    server = grpc.aio.server()
    for service, name in (
        ("speechkit.stt.v3.Recognizer", "RecognizeStreaming"),
        ("yandex.cloud.ai.stt.v2.SttService", "StreamingRecognize"),
    ):
        handler = grpc.method_handlers_generic_handler(service, {name: method})
        server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(doorman.target)
    await server.start()
    try:
        yield doorman
    finally:
        await server.stop(None)


async def enter(factory: Factory) -> Problem | None:
    """Have a session; why it was refused, if it was."""
    try:
        async with factory.backend.connect(factory.sound.format) as session:
            await session.finish()
            async for _ in session:
                pass
    except ProblemError as error:
        return error.problem
    return None


def factory(
    paths: Paths, doorman: Doorman, environ: dict[str, str] | None = None, **settings: Any
) -> Factory:
    return Factory(Settings(endpoint=doorman.target, **settings), paths, environ or {})


async def test_keys_and_tokens_of_the_environment(paths: Paths) -> None:
    async with keeping(paths) as doorman:
        for environ, said in (
            ({"SKDICTATE_API_KEY": "AQVN"}, "Api-Key AQVN"),
            ({"YC_API_KEY": "AQVN"}, "Api-Key AQVN"),
            ({"YC_IAM_TOKEN": "t1.a.b"}, "Bearer t1.a.b"),
        ):
            it = factory(paths, doorman, environ)
            assert await enter(it) is None
            assert doorman.shown[-1]["authorization"] == said
            assert "x-folder-id" not in doorman.shown[-1]
            await it.close()


@pytest.mark.parametrize(
    ("environ", "api", "shown"),
    [
        ({"YC_IAM_TOKEN": "t1.a.b"}, "v3", "b1gfolder"),
        ({"YC_IAM_TOKEN": "t1.a.b"}, "v2", None),  # there it is in the settings of the session
        ({"YC_API_KEY": "AQVN"}, "v3", None),  # a service account has its own folder
    ],
)
async def test_the_folder_is_shown_where_it_belongs(
    paths: Paths, environ: dict[str, str], api: str, shown: str | None
) -> None:
    async with keeping(paths) as doorman:
        it = factory(paths, doorman, environ, api=api, folder_id="b1gfolder")
        assert await enter(it) is None
        assert doorman.shown[-1].get("x-folder-id") == shown
        await it.close()


async def test_the_key_of_an_account_gives_a_new_token_before_the_old_one_ends(
    paths: Paths, tmp_path: Path
) -> None:
    key = str(key_file(tmp_path))
    async with keeping(paths) as doorman:
        with issuing(life_s=1.5) as iam:
            it = factory(paths, doorman, api_key_file=key, iam_endpoint=iam.url, folder_id="b1g")
            for pause_s in (0.0, 0.0, 1.3):
                await asyncio.sleep(pause_s)
                assert await enter(it) is None
            await it.close()
    shown = [session["authorization"] for session in doorman.shown]
    assert shown == [f"Bearer t1.token-{n}.secret" for n in (1, 1, 2)]
    assert all("x-folder-id" not in session for session in doorman.shown)


async def test_the_metadata_service_and_yc_and_a_command(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "yc"
    script.write_text("#!/bin/sh\necho t1.from.yc\n")
    script.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    async with keeping(paths) as doorman:
        with issuing() as iam:
            environ = {"YC_METADATA_ADDR": iam.url.removeprefix("http://")}
            for settings, said in (
                ({"auth": "metadata"}, "Bearer t1.token-1.secret"),
                ({"auth": "yc"}, "Bearer t1.from.yc"),
                ({"credential_command": ("echo", "AQVNcommand")}, "Api-Key AQVNcommand"),
            ):
                it = factory(paths, doorman, environ, **settings)
                assert await enter(it) is None
                assert doorman.shown[-1]["authorization"] == said
                await it.close()


async def test_a_token_that_was_good_and_is_refused_is_asked_for_again(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer, "YOUNG_S", 0.3)
    async with keeping(paths) as doorman:
        with issuing() as iam:
            it = factory(paths, doorman, api_key_file=str(key_file(tmp_path)), iam_endpoint=iam.url)
            assert await enter(it) is None
            doorman.refuses.add("Bearer t1.token-1.secret")
            await asyncio.sleep(0.35)
            problem = await enter(it)
            assert problem is not None
            assert (problem.kind, problem.is_permanent) == (Kind.CREDENTIALS, False)
            assert await enter(it) is None
            doorman.refuses.add("Bearer t1.token-2.secret")
            problem = await enter(it)
            assert problem is not None
            assert problem.is_permanent, "a new one is no better"
            await it.close()


async def test_a_key_that_is_refused_is_told_by_its_place(paths: Paths) -> None:
    async with keeping(paths) as doorman:
        doorman.refuses.add("Api-Key AQVN")
        it = factory(paths, doorman, {"YC_API_KEY": "AQVN"})
        problem = await enter(it)
        assert problem is not None
        assert problem.is_permanent
        assert problem.hint.startswith("Check YC_API_KEY;")
        await it.close()


async def test_an_iam_service_that_is_down_is_the_network_and_comes_back(
    paths: Paths, tmp_path: Path
) -> None:
    async with keeping(paths) as doorman:
        with issuing(status=503) as iam:
            it = factory(paths, doorman, api_key_file=str(key_file(tmp_path)), iam_endpoint=iam.url)
            problem = await enter(it)
            assert problem is not None
            assert (problem.kind, problem.is_permanent) == (Kind.NETWORK, False)
            assert doorman.shown == []
            iam.status = 200
            assert await enter(it) is None
            await it.close()


async def test_a_key_that_iam_does_not_know_is_permanent(paths: Paths, tmp_path: Path) -> None:
    async with keeping(paths) as doorman:
        with issuing() as iam:
            key = str(key_file(tmp_path, id="ajeother000000000009"))
            it = factory(paths, doorman, api_key_file=key, iam_endpoint=iam.url)
            problem = await enter(it)
            assert problem is not None
            assert (problem.kind, problem.is_permanent) == (Kind.CREDENTIALS, True)
            assert "was not found" in problem.detail
            await it.close()
