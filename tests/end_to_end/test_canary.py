"""A secret is in no output, file, argument or environment but its own, however a command ends."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from skdictate.errors import Exit
from tests.conftest import Serving
from tests.support import processes
from tests.support.command import finish, run, start
from tests.support.terminal import Terminal
from tests.support.token_server import issuing, key_json

CANARY = "AQVN-canary-8841-abcdefghij-KLMN"
PEM = "MIIEvQIBADANBgkq-canary-3391"


def searched(folder: Path, *texts: str, secrets: tuple[str, ...] = (CANARY, PEM)) -> None:
    """The secret is nowhere here, but in the file that keeps it."""
    for secret in secrets:
        assert all(secret not in text for text in texts)
        for path in folder.rglob("*"):
            if path.is_file() and path.name not in ("credentials", "key"):
                assert secret.encode() not in path.read_bytes(), path


async def spied(
    *arguments: str, environ: dict[str, str], given: bytes = b""
) -> tuple[str, set[int]]:
    """What a command writes, and its children, of which none was told the secret."""
    process = await start(*arguments, environ=environ)
    children: set[int] = set()

    async def watch() -> None:
        while True:
            for child in offspring(process.pid):
                children.add(child)
                if content(child, "cmdline") != content(process.pid, "cmdline"):  # no copy of it
                    assert CANARY.encode() not in content(child, "environ")
                assert CANARY.encode() not in content(child, "cmdline")
            assert CANARY.encode() not in content(process.pid, "cmdline")
            await asyncio.sleep(0.02)

    watching = asyncio.ensure_future(watch())
    done = await finish(process, given)
    assert not watching.done() or watching.exception() is None
    watching.cancel()
    return done.out + done.err, children


def offspring(pid: int) -> list[int]:
    """Children, and theirs."""
    found = processes.children(pid)
    return found + [grandchild for child in found for grandchild in offspring(child)]


def content(pid: int, name: str) -> bytes:
    """Empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    "arguments",
    [
        ("listen", "--demo", "--endpoint", "unix:/nowhere"),
        ("transcribe", "/nowhere.wav"),
        ("listen", "--source", "nonsense"),
        ("listen", "--rate", "5"),
        ("listen", "--demo", "--ca-cert", "/nowhere"),
        ("listen", "--demo", "--folder-id", "a b"),
        ("auth", "status", "--format", "json"),
        ("auth", "status"),
        ("auth", "logout"),
        ("doctor", "--source", "stdin", "--endpoint", "127.0.0.1:9", "--online"),
        ("devices",),
        ("history", "show"),
    ],
)
@pytest.mark.parametrize("place", ["environment", "file", "damaged"])
async def test_whatever_goes_wrong(
    home: Path, tmp_path: Path, arguments: tuple[str, ...], place: str
) -> None:
    environ = {"SKDICTATE_API_KEY": CANARY}
    if place == "file":
        (tmp_path / "key").write_text(CANARY)
        (tmp_path / "key").chmod(0o600)
        environ = {"SKDICTATE_API_KEY_FILE": str(tmp_path / "key")}
    elif place == "damaged":
        environ = {"SKDICTATE_API_KEY": f"{CANARY} {CANARY}"}
    process = await start(*arguments, environ=environ)
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(8):
            out, err = await process.communicate()
    except TimeoutError:
        process.terminate()
        out, err = await process.communicate()
    searched(home, out.decode(), err.decode())
    assert b"Traceback" not in err


async def test_the_embedded_recogniser_is_not_told(home: Path, beckett: Path) -> None:
    said, children = await spied(
        *("transcribe", str(beckett), "--engine", "local", "--speed", "0"),
        environ={"SKDICTATE_API_KEY": CANARY, "YC_IAM_TOKEN": CANARY},
    )
    assert children
    searched(home, said)


@pytest.mark.parametrize("trace", ["all", "http,call,channel"])
async def test_tracing_of_libraries_is_refused_in_words(
    home: Path, beckett: Path, serving: Serving, trace: str
) -> None:
    async with serving(address="127.0.0.1:0", token=CANARY) as endpoint:
        done = await run(
            *("transcribe", str(beckett), "--endpoint", endpoint.target, "--plaintext"),
            *("--speed", "0"),
            environ={
                "SKDICTATE_API_KEY": CANARY,
                "GRPC_TRACE": trace,
                "GRPC_VERBOSITY": "DEBUG",
            },
        )
    assert done.code == 0
    assert done.err.count("GRPC_TRACE is not obeyed: ") == 1
    searched(home, done.out, done.err)


async def test_a_server_that_repeats_the_key_is_not_believed(
    home: Path, beckett: Path, tmp_path: Path
) -> None:
    from tests.doctor.test_service_check import talkative

    async with talkative() as target:
        done = await run(
            *("transcribe", str(beckett), "--endpoint", target, "--plaintext"),
            environ={"SKDICTATE_API_KEY": CANARY},
        )
    assert done.code == 4
    assert "[the key]" in done.err
    searched(home, done.out, done.err)


async def test_the_key_of_an_account_and_its_tokens_are_not_shown(
    home: Path, tmp_path: Path, beckett: Path, serving: Serving
) -> None:
    with issuing() as iam:
        key = tmp_path / "key"
        key.write_text(key_json())
        key.chmod(0o600)
        async with serving(address="127.0.0.1:0", token="another") as endpoint:
            done = await run(
                *("transcribe", str(beckett), "--endpoint", endpoint.target, "--plaintext"),
                *("--api-key-file", str(key), "--iam-endpoint", iam.url),
            )
    assert done.code == 4
    assert iam.issued
    assert all(token not in done.out + done.err for token in iam.issued)
    key.write_text(key_json(private_key=f"-----BEGIN PRIVATE KEY-----\n{PEM}\n-----END"))
    done = await run("listen", "--demo", "--api-key-file", str(key))
    assert done.code == 4
    searched(home, done.out, done.err)


async def test_a_command_that_fails_is_not_quoted_with_its_secrets(
    home: Path, tmp_path: Path
) -> None:
    script = tmp_path / "key"
    script.write_text(f"#!/bin/sh\necho {CANARY}\necho trouble with {CANARY} >&2\nexit 3\n")
    script.chmod(0o700)
    done = await run(
        *("listen", "--demo", "--stop-after", "1", "--speed", "0"),
        *("--credential-command", str(script)),
    )
    assert "ended with code 3: trouble with […]" in done.err
    searched(home, done.out, done.err)


SPOKEN = ("ever tried", "ever failed", "no matter")
"""Words of the recording, as the embedded recogniser has them."""


@pytest.mark.parametrize("engine", ["local", "speechkit"])
async def test_the_log_has_events_and_neither_words_nor_keys(
    home: Path, tmp_path: Path, beckett: Path, serving: Serving, engine: str
) -> None:
    log = tmp_path / "events.log"
    async with serving(address="127.0.0.1:0", token=CANARY) as endpoint:
        there = ("--endpoint", endpoint.target, "--plaintext")
        done = await run(
            *("transcribe", str(beckett), "--speed", "0", "--verbose", "--log-file", str(log)),
            *(there if engine == "speechkit" else ("--engine", engine)),
            environ={"SKDICTATE_API_KEY": CANARY},
        )
    assert done.code == 0
    if engine == "local":
        assert all(words in done.out.lower() for words in SPOKEN)
    for text in (log.read_text(), done.err):
        assert "session 1: closed" in text
        assert engine != "local" or "DEBUG skdictate.engine" in text
        assert not any(words in text.lower() for words in SPOKEN)
    searched(home, done.out, done.err, log.read_text())


async def test_a_key_that_somebody_logs_is_in_no_log_and_no_report(
    home: Path, tmp_path: Path, beckett: Path
) -> None:
    log = tmp_path / "events.log"
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'transcribe' in sys.orig_argv:\n"
        "    import logging, os\n"
        "    from skdictate.cli import dictation_commands\n"
        "    from skdictate.system.hidden_value import HiddenValue\n"
        "    def broken(*a, **k):\n"
        "        log = logging.getLogger('skdictate.test')\n"
        "        log.warning('here is %s', os.environ['SKDICTATE_API_KEY'])\n"
        "        log.warning('here is %s', HiddenValue('a best of times'))\n"
        "        log.warning('harmless')\n"
        "        raise RuntimeError('worst of times')\n"
        "    dictation_commands.given = broken\n"
    )
    done = await run(
        *("transcribe", str(beckett), "--verbose", "--log-file", str(log)),
        environ={"SKDICTATE_API_KEY": CANARY, "PYTHONPATH": str(tmp_path)},
    )
    assert done.code == Exit.INTERNAL
    (report,) = (home / "reports").iterdir()
    for text in (log.read_text(), done.err, report.read_text()):
        assert text.count("a record that held a secret was left out") == 2
        assert "skdictate.test: harmless" in text
        assert "of times" not in text
    searched(home, done.out, done.err, log.read_text())


def pressed_to_death(it: Terminal) -> int:
    """Start a dictation, as often as it takes to crash."""
    for attempt in range(300):
        if it.has_ended:
            break
        if attempt % 15 == 14:
            it.press(" ")
        time.sleep(0.1)
    return it.exit_code()


@pytest.mark.parametrize("where", ["recognised", "Endpoint.channel"])
def test_a_crash_of_the_app_shows_where_it_was_and_no_variables(
    tmp_path: Path, where: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nif '--demo' in sys.orig_argv:\n"
        f"    from skdictate.app import backend_factory\n"
        f"    def broken(*a, **k): raise RuntimeError('broken')\n"
        f"    backend_factory.{where} = broken\n"
    )
    others = dict(os.environ)
    for variable in others:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("SKDICTATE_API_KEY", CANARY)  # of many, only the first are shown
    for variable, value in others.items():
        monkeypatch.setenv(variable, value)
    with Terminal(
        *("--demo", "--endpoint", "unix:/nowhere"), environ={"PYTHONPATH": str(tmp_path)}
    ) as it:
        assert pressed_to_death(it) == Exit.INTERNAL
    assert b"A mistake in this program (RuntimeError)" in it.output.replace(b"\r\n", b" ")
    assert b"locals" not in it.output
    searched(home, it.output.decode())
