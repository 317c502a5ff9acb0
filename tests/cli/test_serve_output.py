"""``skdictate serve`` as other programs use it: ready line, exit codes, signals, secrets."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.errors import ProblemError
from skdictate.server import offered_endpoint
from skdictate.speechkit.channel import Endpoint
from tests.server.clients import call_on
from tests.server.test_service_v3 import chunks, settings, talk
from tests.support.command import COMMAND, run
from tests.support.served import TOKEN, Certificate, Served, certificate, serving
from tests.support.speech import words


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


def finals(responses: list[pb.StreamingResponse]) -> list[str]:
    return words(" ".join(r.final.alternatives[0].text for r in responses if r.HasField("final")))


async def test_another_program_has_its_speech_recognised(home: Path, beckett: Path) -> None:
    with serving(home, "--listen", "127.0.0.1:0") as served:
        assert served.address.startswith("127.0.0.1:")
        endpoint = Endpoint(served.address, is_plaintext=True)
        requests = [settings(languages=("ru-RU",)), *chunks(beckett.read_bytes()[44:])]
        heard = finals(await talk(endpoint, requests))
        assert {"tried", "failed", "matter", "better"} <= set(heard)
        assert served.end(signal.SIGTERM) == 143


async def test_our_own_client_is_one_of_them(home: Path, beckett: Path) -> None:
    with serving(home, "--listen", "127.0.0.1:0") as served:
        where = ["--endpoint", served.address, "--plaintext", "--speed", "0"]
        done = await run("transcribe", str(beckett), *where)
    assert "ever tried" in done.out.lower(), done.err


async def test_a_limit_that_is_named_holds_although_the_others_are_off(home: Path) -> None:
    options = ["--listen", "127.0.0.1:0", "--limits", "off", "--session-seconds", "240"]
    with serving(home, *options) as served:
        endpoint = Endpoint(served.address, is_plaintext=True)
        fast = chunks(bytes(96_000 * 120), 960_000)
        assert await talk(endpoint, [settings(48_000), *fast]), "more than ten megabytes"
        with pytest.raises(ProblemError, match="OUT_OF_RANGE"):
            await talk(endpoint, [settings(8_000), *chunks(bytes(16_000 * 250), 960_000)])


async def test_the_manual_lists_the_options() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "server.md").read_text(encoding="utf-8")
    table = page.split("\n## ")[0]
    listed = re.findall(r"`(--[a-z-]+)", "".join(re.findall(r"^\|[^|]*\|", table, re.MULTILINE)))
    done = await run("serve", "--help")
    assert set(listed) == set(re.findall(r"--[a-z-]+", done.out)) - {"--help"}


async def test_secrets_are_nowhere_to_be_read(home: Path, tls: Certificate, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    options = ["--token-file", str(tmp_path / "token")]
    options += ["--tls-cert", str(tls.path), "--tls-key", str(tls.key)]
    with serving(home, "--listen", "127.0.0.1:0", *options) as served:
        seen = Path(f"/proc/{served.process.pid}/cmdline").read_bytes()
        endpoint = Endpoint(served.address, root_certificate=tls.path.read_bytes())
        async with endpoint.channel() as channel:
            refused = call_on(channel, (("authorization", "Bearer wrong"),))
            assert await refused.code() is grpc.StatusCode.UNAUTHENTICATED
        shown = (("authorization", f"Bearer {TOKEN}"),)
        assert await talk(endpoint, [settings()], metadata=shown)
        served.end(signal.SIGINT)
        assert served.process.stderr is not None
        assert TOKEN not in served.process.stderr.read()
    assert TOKEN.encode() not in seen


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not stopped there")
async def test_a_session_survives_that_the_server_was_stopped_for_a_while(
    home: Path, beckett: Path
) -> None:
    requests = chunks(beckett.read_bytes()[44:], 32_000)
    with serving(home, "--listen", "127.0.0.1:0", "--idle-seconds", "1") as served:
        channel, call = await _begin(served)
        served.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2.5)
        served.process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.3)  # the client was stopped too, and needs a moment
        for request in requests:
            await call.write(request)
        await call.done_writing()
        heard = []
        while (response := await call.read()) is not grpc.aio.EOF:
            heard.append(response)
        await channel.close()
    assert {"tried", "failed", "matter", "better"} <= set(finals(heard))


@pytest.mark.parametrize(
    ("options", "environ", "code", "text"),
    [
        (["--listen", "0.0.0.0:0"], {}, 3, "can be reached from other machines"),
        (
            ["--listen", "0.0.0.0:0"],
            {offered_endpoint.VARIABLE: TOKEN},
            3,
            "can be reached from other machines",
        ),
        (["--listen", "nowhere"], {}, 3, "not HOST:PORT"),
        (["--tls-cert", "cert.pem"], {}, 3, "Only one of"),
        (["--tls-cert", "no.pem", "--tls-key", "no.pem"], {}, 3, "No such file"),
        (["--token-file", "no-token"], {}, 3, "No such file"),
        ([], {offered_endpoint.VARIABLE: "zwölf"}, 3, "printable ASCII"),
        (["--sessions", "0"], {}, 3, "below 1"),
        (["--idle-seconds", "0"], {}, 2, "The minimum is 1"),
        (["--limits", "none"], {}, 2, "invalid choice"),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence(
    options: list[str], environ: dict[str, str], code: int, text: str
) -> None:
    done = await run("serve", *options, environ=environ)
    assert (done.code, done.out) == (code, "")
    assert text in done.err
    assert "Traceback" not in done.err
    assert TOKEN not in done.err


async def test_a_key_of_another_certificate_is_refused(tls: Certificate, tmp_path: Path) -> None:
    other = certificate(tmp_path)
    done = await run("serve", "--tls-cert", str(tls.path), "--tls-key", str(other.key))
    assert done.code == 3
    assert "not a certificate and its private key" in done.err


async def test_where_there_is_no_recogniser_there_is_no_server(tmp_path: Path) -> None:
    (tmp_path / "moonshine_voice").mkdir()
    broken = "raise ImportError('no such package here')"
    (tmp_path / "moonshine_voice" / "__init__.py").write_text(broken)
    environ = {"PYTHONPATH": str(tmp_path)}
    done = await run("serve", "--listen", "127.0.0.1:0", environ=environ)
    assert done.code == 6
    assert "no embedded recogniser" in done.err
    assert "Traceback" not in done.err


def test_for_people_it_says_where_it_is_on_standard_error() -> None:
    command = [*COMMAND, "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stderr is not None and process.stdout is not None
        line = process.stderr.readline().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stdout.read() == b""
    assert line.startswith("skdictate: serving the SpeechKit API at 127.0.0.1:")


async def _begin(served: Served) -> tuple[grpc.aio.Channel, grpc.aio.StreamStreamCall]:
    channel = grpc.aio.insecure_channel(served.address)
    call = call_on(channel)
    await call.write(settings())
    await call.read()
    return channel, call


async def test_a_signal_lets_a_session_finish(home: Path, beckett: Path) -> None:
    with serving(home, "--listen", "127.0.0.1:0") as served:
        channel, call = await _begin(served)
        served.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        assert served.process.poll() is None
        for request in chunks(beckett.read_bytes()[44:]):
            await call.write(request)
        await call.done_writing()
        responses = []
        while (response := await call.read()) is not grpc.aio.EOF:
            responses.append(response)
        assert "better" in finals(responses)
        assert await asyncio.to_thread(served.process.wait, 30) == 143
        await channel.close()


async def test_a_second_signal_ends_at_once(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "own" / "s"
    with serving(home, "--listen", f"unix:{path}") as served:
        channel, call = await _begin(served)
        served.process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
        began_s = time.monotonic()
        served.process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(served.process.wait, 30) == 130
        assert time.monotonic() - began_s < 2
        assert not path.exists()
        call.cancel()
        await channel.close()


def test_after_a_kill_the_socket_is_had_again(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "own" / "s"
    with serving(home, "--listen", f"unix:{path}") as served:
        served.end(signal.SIGKILL)
    assert path.exists()
    with serving(home, "--listen", f"unix:{path}") as served, socket.socket(socket.AF_UNIX) as one:
        one.connect(str(path))
        assert served.end(signal.SIGTERM) == 143
    assert not path.exists()


def test_a_server_loads_no_screen_and_no_microphone() -> None:
    code = (
        "import sys, skdictate.cli.serve_output; print([m for m in sys.modules if m in sys.argv])"
    )
    command = [sys.executable, "-c", code, "textual", "sounddevice", "sqlite3", "av"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
