"""Commands that print credentials, and those that do not."""

from __future__ import annotations

import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth import credential_command

TOKEN = "t1.9euelZqabcdefghij.canary-6632"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "yc"


def write(path: Path, body: str) -> tuple[str, ...]:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(stat.S_IRWXU)
    return (str(path),)


async def trouble(*words: str) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await credential_command.run_credential_command(words, "the credential command", "")
    assert caught.value.problem.kind is Kind.CREDENTIALS
    return caught.value.problem


async def test_yc_prints_the_token_of_its_profile(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(script, f'echo "a hint" >&2; echo "You were lucky"; echo "$*" > "$0.said"; echo {TOKEN}')
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    credential = await credential_command.run_credential_command(
        credential_command.yc({"YC_PROFILE": "work"}), "yc", "b1gfolder"
    )
    assert credential.metadata() == ("authorization", f"Bearer {TOKEN}")
    assert credential.folder_id == "b1gfolder", "a person may be behind it"
    said = script.with_name("yc.said").read_text().strip()
    assert said == "iam create-token --no-user-output --profile=work"


@pytest.mark.parametrize(
    ("answer", "folder_id"),
    [("echo b1gofyc", "b1gofyc"), ("true", ""), ("echo b1g; exit 1", ""), ("echo a b", "")],
)
async def test_yc_tells_the_folder_too_unless_one_is_given(
    script: Path, monkeypatch: pytest.MonkeyPatch, answer: str, folder_id: str
) -> None:
    told = 'test "$*" = "config get folder-id --no-user-output --profile=work"'
    write(script, f"if {told}; then {answer}; else echo {TOKEN}; fi")
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    environ = {"YC_PROFILE": "work"}
    credential = await credential_command.ask_yc(environ, "")
    assert (credential.secret, credential.folder_id) == (TOKEN, folder_id)
    assert (await credential_command.ask_yc(environ, "b1ggiven")).folder_id == "b1ggiven"


@pytest.mark.parametrize(
    "said",
    [
        '{"iam_token": "%s", "expires_at": "2026-11-20T12:00:00.5Z"}',
        '{"iamToken": "%s", "expiresAt": "2026-11-20T12:00:00Z"}',
    ],
)
async def test_json_tells_the_end(script: Path, said: str) -> None:
    credential = await credential_command.run_credential_command(
        write(script, f"echo '{said % TOKEN}'"), "it", ""
    )
    assert credential.secret == TOKEN
    assert credential.expires_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_it_may_print_an_api_key(script: Path) -> None:
    credential = await credential_command.run_credential_command(
        write(script, "echo AQVNkey"), "it", "b1gfolder"
    )
    assert credential.metadata() == ("authorization", "Api-Key AQVNkey")
    assert credential.folder_id == ""


async def test_there_is_no_shell(tmp_path: Path) -> None:
    credential = await credential_command.run_credential_command(("echo", "$HOME;touch"), "it", "")
    assert credential.secret == "$HOME;touch"


async def test_it_does_not_know_our_secrets(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SKDICTATE_API_KEY", "YC_API_KEY", "YC_IAM_TOKEN", "CREDENTIALS_DIRECTORY"):
        monkeypatch.setenv(name, "canary-7761")
    await credential_command.run_credential_command(
        write(script, 'env > "$0.env"; echo AQVNkey'), "it", ""
    )
    assert "canary-7761" not in script.with_name("yc.env").read_text()
    assert "PATH=" in script.with_name("yc.env").read_text()


async def test_one_that_fails_is_told_by_its_last_words_without_secrets(script: Path) -> None:
    said = f"echo first >&2; echo 'no profile for {TOKEN}' >&2; echo {TOKEN}; exit 7"
    problem = await trouble(*write(script, said))
    assert "ended with code 7: no profile for […]" in problem.detail
    assert "canary" not in str(problem)
    assert problem.is_permanent


async def test_one_that_is_not_there_is_told() -> None:
    problem = await trouble("no-such-command")
    assert "no-such-command: No such file" in problem.detail


@pytest.mark.parametrize("body", ["true", "echo two words", "echo '{\"a\": 1}'", "echo '{'"])
async def test_one_that_prints_no_key_is_told(script: Path, body: str) -> None:
    assert (await trouble(*write(script, body))).is_permanent


async def test_one_that_does_not_end_is_ended_with_its_children(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential_command, "LIMIT_S", 0.5)
    began_s = time.monotonic()
    problem = await trouble(*write(script, 'sleep 60 & echo $! > "$0.pid"; wait'))
    assert time.monotonic() - began_s < 3
    assert "did not finish within 0.5 s" in problem.detail
    assert not problem.is_permanent
    child = Path(f"/proc/{script.with_name('yc.pid').read_text().strip()}/status")
    assert not child.exists() or "zombie" in child.read_text()


async def test_one_that_prints_without_end_does_not_fill_the_memory(script: Path) -> None:
    problem = await trouble(*write(script, "head -c 3000000 /dev/zero | tr '\\0' 'x'; exit 3"))
    assert "code 3" in problem.detail
