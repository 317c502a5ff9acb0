"""The app, and the commands without a screen, in a real terminal under fuzzed answers."""

from __future__ import annotations

import asyncio
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from skdictate.audio.pcm import Format
from tests.faults.answers import GARBLED
from tests.faults.fuzz import ANSWERS, Fuzz
from tests.faults.harmless import PLAIN, TEXTUAL, strangers
from tests.faults.numbers import monologue
from tests.faults.report import Options, Row
from tests.faults.scripted_server import Server
from tests.support.number_recogniser import write
from tests.support.terminal import Terminal

SOUND = Format(16_000)
LENGTH_S = 600.0
BATCH = 5_000
"""Answers to one program."""
ANSWER_S = 10.0
"""A key that has done nothing by then does nothing: the program hangs."""


def run(options: Options) -> list[Row]:
    """As many answers as were asked for through the app, and a tenth of that without a screen."""
    jobs: list[tuple[int, str, str]] = []
    for n in range(max(1, options.screens // BATCH)):
        jobs.append((options.seed + n, "v2" if n % 4 == 3 else "v3", "app"))
    for n in range(max(1, options.screens // BATCH // 2)):
        jobs.append((options.seed + n, "v2" if n % 4 == 3 else "v3", "json" if n % 2 else "text"))
    with ProcessPoolExecutor(options.jobs) as pool:
        seen = list(pool.map(_look, jobs))
    strange = [it for one in seen for it in one.strange]
    if strange:
        print(strange[:50], flush=True)
    n_dead = sum(one.code != 0 for one in seen)
    slowest_s = max(one.slowest_s for one in seen)
    return [
        Row("fuzzed answers to programs in a terminal", f"{sum(one.n_answers for one in seen)}"),
        Row("bytes they sent to it", f"{sum(one.n_bytes for one in seen)}"),
        Row("sequences in them that are not the program's own", f"{len(strange)}", not strange),
        Row("programs that died or hung", f"{n_dead} of {len(seen)}", not n_dead),
        Row("the longest that a key waited", f"{slowest_s:.2f} s", slowest_s < ANSWER_S),
    ]


def _look(job: tuple[int, str, str]) -> Seen:
    seed, api, form = job
    if form == "app":
        return app(seed, api, BATCH, n_babble=400)
    return plain(seed, api, BATCH // 5, form)


@dataclass
class Seen:
    """What a terminal was sent."""

    n_answers: int
    n_bytes: int
    strange: list[bytes]
    code: int
    slowest_s: float = 0.0
    """The longest that a key had to wait."""

    @property
    def is_well(self) -> bool:
        """It lived, and nothing of the answers acted."""
        return not self.strange and self.code == 0 and self.slowest_s < ANSWER_S


@contextmanager
def babbling(seed: int, api: str, n_babble: int) -> Iterator[Server]:
    """A server that says nonsense, on a thread of its own."""
    server = Server(seed, n_babble=n_babble)
    server.nonsense = iter(Fuzz(ANSWERS[api], random.Random(seed), garbled=GARBLED).next, None)
    is_ready, is_over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with server:
            is_ready.set()
            while not is_over.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    is_ready.wait(10)
    try:
        yield server
    finally:
        is_over.set()
        thread.join()


def speech(folder: Path) -> Path:
    """Ten minutes without a pause."""
    script = monologue(SOUND, LENGTH_S, random.Random(1))
    return write(folder / "speech.wav", script.pcm(0, script.n_samples), SOUND)


def app(seed: int, api: str, n_answers: int, n_babble: int = 40) -> Seen:
    """The app, until it has had that many; keys are pressed all the while."""
    with _place() as (folder, environ), babbling(seed, api, n_babble) as server:
        options = ["--source", f"file:{speech(folder)}", "--api", api, "--speed", "1"]
        slowest_s = 0.0
        with Terminal(*_to(server), *options, environ=environ) as it:
            it.wait("Listening")
            while server.n_said < n_answers:
                slowest_s = max(slowest_s, _help(it))
                it.press("e", "r")
                time.sleep(0.2)
            it.press("q")
            code = it.exit_code()
            return Seen(
                server.n_said, len(it.output), strangers(it.output, TEXTUAL), code, slowest_s
            )


def plain(seed: int, api: str, n_answers: int, form: str = "text") -> Seen:
    """The same without a screen, with a terminal on every side."""
    with _place() as (folder, environ), babbling(seed, api, 40) as server:
        options = ["--source", f"file:{speech(folder)}", "--api", api, "--format", form]
        with Terminal("listen", *_to(server), *options, environ=environ) as it:
            while server.n_said < n_answers:
                time.sleep(0.05)
            it.press("\x03")
            code = it.exit_code()
            is_interrupted = code == 130
            strange = strangers(it.output, PLAIN)
            return Seen(server.n_said, len(it.output), strange, 0 if is_interrupted else code)


def _help(it: Terminal) -> float:
    """Ask for help, and send it away; how long both took."""
    began_s = time.monotonic()
    it.press("?")
    it.wait("Esc closes", patience_s=ANSWER_S)
    it.press("\x1b")
    time.sleep(0.2)  # what follows at once is one key with it
    while "Esc closes" in it.text and time.monotonic() - began_s < ANSWER_S:
        time.sleep(0.02)
    return time.monotonic() - began_s


def _to(server: Server) -> list[str]:
    return ["--endpoint", f"127.0.0.1:{server.port}", "--plaintext"]


@contextmanager
def _place() -> Iterator[tuple[Path, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        yield Path(folder), {"SKDICTATE_HOME": folder}
