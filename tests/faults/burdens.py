"""Clients that ask much of the server for other programs, beside one that asks for nothing unusual.

The server is ``skdictate serve`` as it is installed, a process of its own; so is whoever burdens
it. Meanwhile a client opens one session after another, and it is measured how long its first
answer takes, whether it is served at all, and what memory the server has.

    python -m tests.faults burdens
    python -m tests.faults.burdens watch unread     # these alone
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from skdictate._pb import speechkit_stt_v3_pb2 as v3
from tests.faults.burdening import BURDENS, SHOWN
from tests.faults.report import Options, Row
from tests.faults.wire import V3
from tests.server.test_service_v3 import settings
from tests.support.served import TOKEN, Certificate, Served, certificate, serving

LASTS_S = 10.0
PATIENCE_S = 30.0
MOST_WAIT_S = 1.0
"""What a first answer may take, on a machine that is busy with the burden itself."""
MOST_MB = 150.0
"""What a burden may add to the server's memory: some messages of the longest that are allowed."""


@dataclass
class Found:
    """What a burden did to others."""

    waits_s: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    grown_mb: float = 0.0
    said: str = ""
    """By the client that was the burden."""

    @property
    def is_well(self) -> bool:
        """Others did not feel it."""
        is_quick = max(self.waits_s, default=PATIENCE_S) < MOST_WAIT_S
        return is_quick and not self.refusals and self.grown_mb < MOST_MB


def run(options: Options) -> list[Row]:
    """Each of them, one after the other."""
    return list(_rows(list(BURDENS)))


def _rows(names: list[str]) -> Iterator[Row]:
    for name in names:
        found = measure(name)
        longest_s = max(found.waits_s, default=PATIENCE_S)
        text = (
            f"first answer of another after {longest_s:.2f} s at most ({len(found.waits_s)} asked, "
            f"{len(found.refusals)} refused), memory +{found.grown_mb:.0f} MB; {found.said}"
        )
        print(name, text, found.refusals[:2], flush=True)
        yield Row(f"burden `{name}`", text, found.is_well)


def measure(name: str) -> Found:
    """One burden on a server of its own."""
    with tempfile.TemporaryDirectory() as folder:
        made = certificate(Path(folder))
        (Path(folder) / "token").write_text(TOKEN)
        options = ["--listen", "127.0.0.1:0", "--token-file", f"{folder}/token"]
        options += ["--tls-cert", str(made.path), "--tls-key", str(made.key)]
        with serving(Path(folder) / "home", *options) as served:
            return asyncio.run(_measure(name, served, made))


async def _measure(name: str, served: Served, made: Certificate) -> Found:
    found = Found()
    address = f"localhost:{served.address.rpartition(':')[2]}"
    await _ask(found, address, made)
    found.waits_s.clear()
    begun_mb = _memory_mb(served)
    command = [sys.executable, "-m", "tests.faults.burdening", name, address, str(made.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as burden:
        assert burden.stdout is not None
        await asyncio.to_thread(burden.stdout.readline)  # it has begun
        end_s = time.monotonic() + LASTS_S
        while time.monotonic() < end_s:
            await _ask(found, address, made)
            await asyncio.sleep(0.1)
        found.grown_mb = _memory_mb(served) - begun_mb
        burden.terminate()
        found.said = burden.communicate()[0].strip().rpartition("\n")[2]
    return found


async def _ask(found: Found, address: str, made: Certificate) -> None:
    """One session that says nothing: how long until it is greeted."""
    begun_s = time.monotonic()
    credentials = grpc.ssl_channel_credentials(made.path.read_bytes())
    own = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.secure_channel(address, credentials, own) as channel:
        call = channel.stream_stream(V3)(metadata=SHOWN)
        try:
            async with asyncio.timeout(PATIENCE_S):
                with suppress(asyncio.InvalidStateError):
                    await call.write(settings().SerializeToString())
                answer = await call.read()
                if answer is grpc.aio.EOF:
                    found.refusals.append(f"{await call.code()}: {await call.details()}")
                else:
                    v3.StreamingResponse.FromString(answer)
        except grpc.aio.AioRpcError as error:
            found.refusals.append(f"{error.code()}: {error.details()}")
        except TimeoutError:
            found.refusals.append("no answer")
        found.waits_s.append(time.monotonic() - begun_s)
        call.cancel()


def _memory_mb(served: Served) -> float:
    """The most that the server has had."""
    lines = Path(f"/proc/{served.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    list(_rows(sys.argv[1:] or list(BURDENS)))
