"""``skdictate auth`` as people and programs use it."""

from __future__ import annotations

import json
import stat
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from skdictate.audio.pcm import Format
from skdictate.system.paths import Paths
from tests.conftest import Serving
from tests.support.command import Done, run
from tests.support.number_recogniser import count, numbers, write
from tests.support.terminal import Terminal
from tests.support.token_server import issuing, key_file, key_json

SOUND = Format(16_000)
CANARY = "AQVN-canary-7714-abcdefghij-ZYXW"


async def login(*arguments: str, key: str = CANARY, **environ: str) -> Done:
    return await run("auth", "login", "--stdin", *arguments, given=key.encode(), environ=environ)


async def status(*arguments: str, **environ: str) -> dict[str, Any]:
    done = await run("auth", "status", "--format", "json", *arguments, environ=environ)
    said: dict[str, Any] = json.loads(done.out)
    assert (said["v"], said["event"]) == (1, "credential")
    assert done.code == (4 if said["kind"] == "none" else 0)
    assert CANARY not in done.out + done.err
    return said


async def test_a_key_is_kept_told_and_forgotten(paths: Paths) -> None:
    file = paths.config / "credentials"
    done = await login()
    assert (done.code, done.out) == (0, "")
    assert f"The key will be stored in {file}, which is not encrypted: " in done.err
    assert "Stored: an API key …ZYXW." in done.err
    assert "Dictations now use SpeechKit v3 on stt.api.cloud.yandex.net:443." in done.err
    assert CANARY not in done.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    said = await status()
    assert (
        said
        | {
            "kind": "api-key",
            "source": str(file),
            "last": "ZYXW",
            "mode": "0600",
            "engine": "SpeechKit v3",
            "others": [],
        }
        == said
    )
    done = await run("auth", "status")
    assert "an API key …ZYXW" in done.out
    assert f"{file}, mode 0600" in done.out
    done = await run("auth", "logout", environ={"YC_API_KEY": CANARY})
    assert f"Removed from {file}." in done.err
    assert "Still set: YC_API_KEY." in done.err
    assert not file.exists()
    done = await run("auth", "logout")
    assert "No key was stored." in done.err
    assert "Dictations now use Moonshine tiny on this machine." in done.err
    assert (await status())["kind"] == "none"


async def test_what_comes_first_and_what_else_is_set_is_said(tmp_path: Path) -> None:
    done = await login(YC_API_KEY=CANARY)
    assert "YC_API_KEY is also set and takes precedence." in done.err
    said = await status(YC_API_KEY=CANARY, YC_IAM_TOKEN="t1.a.b", YC_FOLDER_ID="b1g")
    assert said["source"] == "YC_API_KEY"
    assert said["folder_id"] == ""
    assert len(said["others"]) == 2
    done = await login("--engine", "local")
    assert "Dictations now use Moonshine tiny on this machine (--engine: local)." in done.err


@pytest.mark.parametrize(
    ("key", "said"),
    [("two words", "damaged"), ("", "is empty"), ("y0_AgAAA", "OAuth"), ('{"id": "a"}', "has no")],
)
async def test_what_is_no_key_is_not_kept(paths: Paths, key: str, said: str) -> None:
    done = await login(key=key)
    assert (done.code, done.out) == (4, "")
    assert said in done.err
    assert not (paths.config / "credentials").exists()


async def test_a_key_is_tried_before_it_is_kept(serving: Serving, paths: Paths) -> None:
    async with serving(address="127.0.0.1:0", token=CANARY) as endpoint:
        there = ("--endpoint", endpoint.target, "--plaintext", "--online")
        done = await login(*there, key="AQVN-another-key-0123456789")
        assert done.code == 4
        assert "The key is not accepted" in done.err
        assert not (paths.config / "credentials").exists()
        done = await login(*there, key="t1.is.another")
        assert done.code == 4


async def test_the_key_of_a_service_account_is_exchanged_to_be_tried(serving: Serving) -> None:
    with issuing() as iam:
        async with serving(address="127.0.0.1:0", token="t1.token-1.secret") as endpoint:
            done = await login(
                *("--endpoint", endpoint.target, "--plaintext", "--online"),
                *("--iam-endpoint", iam.url),
                key=key_json(),
            )
        assert (done.code, iam.refusals) == (0, [])
        assert "The service accepts the key." in done.err
        assert "Stored: the key of a service account …0001." in done.err
        said = await status("--online", "--iam-endpoint", iam.url)
    assert said["kind"] == "service-account"
    ends = datetime.fromisoformat(said["expires_at"]).timestamp()
    assert abs(ends - time.time() - 3600) < 60


async def test_tokens_end_and_the_iam_service_is_slow_and_no_word_is_lost(
    serving: Serving, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "numbers.wav", count(1, 600, SOUND, gap_s=0.05, pause_s=0.5, run=10), SOUND
    )
    with issuing(life_s=0.5, delay_s=0.3) as iam:
        async with serving(session_s=20.0) as endpoint:
            done = await run(
                *("transcribe", str(path), "--endpoint", endpoint.target, "--speed", "20"),
                *("--session-seconds", "20", "--api-key-file", str(key_file(tmp_path))),
                *("--iam-endpoint", iam.url),
            )
    assert done.code == 0
    assert numbers(done.out) == list(range(1, 601))
    assert len(iam.issued) > 2


async def test_each_way_shows_its_end_if_one_asks(tmp_path: Path) -> None:
    with issuing(life_s=600.0) as iam:
        key = str(key_file(tmp_path))
        said = await status("--online", "--api-key-file", key, "--iam-endpoint", iam.url)
        assert said["expires_at"]
        address = iam.url.removeprefix("http://")
        said = await status("--online", "--auth", "metadata", YC_METADATA_ADDR=address)
        assert (said["kind"], bool(said["expires_at"])) == ("metadata", True)
        n_issued = len(iam.issued)
        said = await status("--auth", "metadata", YC_METADATA_ADDR=address)
        assert (said["expires_at"], len(iam.issued)) == ("", n_issued), "nobody was asked"


async def test_without_a_terminal_it_does_not_wait_for_one() -> None:
    done = await run("auth", "login")
    assert done.code == 2
    assert "--stdin" in done.err


def test_on_a_terminal_it_is_asked_for_and_not_shown(paths: Paths) -> None:
    with Terminal("auth", "login") as it:
        it.wait("will be stored in", "API key (not shown):")
        it.press(*CANARY, "\r")
        it.wait("Try the key now? It is billed as 15 s of speech. [y/N]")
        it.press("\r")
        it.wait("Stored: an API key …ZYXW.")
        assert it.exit_code() == 0
    assert CANARY.encode() not in it.output
    assert (paths.config / "credentials").read_text() == f"{CANARY}\n"


def test_it_can_be_left_without_a_key(paths: Paths) -> None:
    with Terminal("auth", "login") as it:
        it.wait("API key (not shown):")
        it.press("\x03")
        assert it.exit_code() == 130
    assert not (paths.config / "credentials").exists()


def test_the_key_may_come_on_standard_input_while_the_app_has_the_terminal(
    tmp_path: Path,
) -> None:
    (tmp_path / "key").write_text(CANARY)
    with (tmp_path / "key").open() as given:
        arguments = ("--demo", "--api-key-file", "-", "--endpoint", "unix:/nowhere")
        with Terminal(*arguments, stdin=given.fileno()) as it:
            it.wait("SpeechKit v3")
            it.press("q")
            it.exit_code()
    assert CANARY.encode() not in it.output
