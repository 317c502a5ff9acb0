"""``kill -9`` at any moment: no line that was committed is lost, and no more sound than 20 ms.

The real program dictates what is counted into its standard input, without a screen or with one in
a terminal, and is killed. Then ``history redo`` recognises the rest, and is killed too before it is
let through. Every number must be there once.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from skdictate.library.library import Library
from skdictate.library.recording import HEADER_BYTES
from skdictate.library.recovery import recover
from skdictate.library.stored_dictation import StoredDictation
from skdictate.system.paths import Paths
from tests.faults.counting import SOUND, Ear, Voice, come_first, said_by
from tests.faults.report import Options, Row
from tests.support.terminal import Terminal

COMMAND = [sys.executable, "-m", "skdictate"]
MOST_LOST_MS = 20
"""A block of sound, as most sources deliver it."""
LONGEST_S = 3.5
"""From the first sound to the kill, at most."""
REDO_S = 1.2
"""From the start of the recovery to its kill, at most."""
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where files are kept: not on a disk that others keep busy."""
_ROW = re.compile(r"^ *\d+:\d\d  ((?:\d+ ?)+)$")


@dataclass
class Kill:
    """What became of one."""

    n_committed: int = 0
    """Lines that were seen, printed or on the screen."""
    n_lost: int = 0
    """Of those, how many the library did not have."""
    lost_ms: float = 0.0
    """Sound that the program had taken, and that is not in the recording."""
    wrong: str = ""
    """What was wrong with the numbers after the recovery."""
    n_redos_killed: int = 0


@dataclass
class Tally:
    """Of all kills."""

    kills: list[Kill] = field(default_factory=list)

    @property
    def n_committed(self) -> int:
        return sum(kill.n_committed for kill in self.kills)

    @property
    def n_lost(self) -> int:
        return sum(kill.n_lost for kill in self.kills)

    @property
    def lost_ms(self) -> float:
        return max((kill.lost_ms for kill in self.kills), default=0.0)

    @property
    def wrong(self) -> list[str]:
        return [kill.wrong for kill in self.kills if kill.wrong]


def kill_many(n: int, seed: int, *, n_at_once: int = 2) -> Tally:
    """Kill that many programs, every fourth of them with a screen."""
    with Ear() as ear, ThreadPoolExecutor(n_at_once) as pool:
        rngs = [random.Random(f"{seed}-{index}") for index in range(n)]
        jobs = [
            pool.submit(kill_one, ear, rng, has_screen=index % 4 == 3)
            for index, rng in enumerate(rngs)
        ]
        return Tally([job.result() for job in jobs])


def kill_one(ear: Ear, rng: random.Random, *, has_screen: bool) -> Kill:
    """Dictate, be killed, be recovered."""
    with tempfile.TemporaryDirectory(prefix="kill-", dir=MEMORY) as home:
        paths = Paths.of({"SKDICTATE_HOME": home})
        environ = {**os.environ, "SKDICTATE_HOME": home}
        options = ["--source", "stdin", "--endpoint", ear.endpoint]
        dictate = _with_screen if has_screen else _without_screen
        seen, n_taken = dictate(options, environ, rng.uniform(0.0, LONGEST_S))
        n_recorded = _n_recorded(paths)
        kill = Kill(len(seen), lost_ms=1000 * SOUND.seconds(n_taken - n_recorded))
        redo = [*COMMAND, "history", "redo", "--endpoint", ear.endpoint]
        environ["SKDICTATE_SPEED"] = "20"  # what is recorded need not be heard in real time
        for _ in range(2):
            kill.n_redos_killed += _kill_redo(redo, environ, rng.uniform(0.0, REDO_S))
        recovered = _recovered(paths)
        texts = [line.text for line in recovered.lines] if recovered else []
        kill.n_lost = sum(text not in texts for text in seen)
        if recovered is not None and recovered.unrecognised:
            done = subprocess.run(redo, env=environ, capture_output=True, text=True)
            if done.returncode != 0:
                kill.wrong = f"redo ended with {done.returncode}: {done.stderr}"
        kill.wrong = kill.wrong or _wrong(_recovered(paths), n_recorded)
        return kill


Seen = tuple[list[str], int]
"""Lines that were committed before all eyes, and samples that the program had taken."""


def _without_screen(options: list[str], environ: dict[str, str], after_s: float) -> Seen:
    """Killed that long after the first sound."""
    command = [*COMMAND, "listen", "--format", "json", *options]
    with Voice() as voice:
        child = subprocess.Popen(
            command,
            stdin=voice.fd,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            text=True,
        )
        come_first(child.pid)
        _sleep(voice, after_s)
        child.kill()
        assert child.stdout is not None
        printed = child.stdout.read().splitlines(keepends=True)
        child.wait()
        child.stdout.close()
        n_taken = voice.n_taken
    told = [json.loads(line) for line in printed if line.endswith("\n")]
    return [it["text"] for it in told if it["event"] == "final"], n_taken


def _with_screen(options: list[str], environ: dict[str, str], after_s: float) -> Seen:
    """The same with a screen."""
    with Voice() as voice, Terminal(*options, environ=environ, stdin=voice.fd, rows=50) as it:
        come_first(it.pid)
        _sleep(voice, after_s)
        it.signal(signal.SIGKILL)
        n_taken = voice.n_taken
        it.exit_code()
        rows = [_ROW.match(row) for row in it.text.splitlines()]
    return [row[1].strip() for row in rows if row], n_taken


def _sleep(voice: Voice, after_s: float) -> None:
    """Until that long after the first sound was taken."""
    while not voice.n_taken:
        time.sleep(0.002)
    time.sleep(after_s)


def _kill_redo(command: list[str], environ: dict[str, str], after_s: float) -> bool:
    """Begin the recovery, and kill it; whether that came before its end."""
    child = subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(after_s)
    child.kill()
    return child.wait() == -signal.SIGKILL


def _n_recorded(paths: Paths) -> int:
    sizes = [path.stat().st_size for path in paths.recordings.glob("*.wav")]
    return max(0, sum(sizes) - HEADER_BYTES) // 2


def _recovered(paths: Paths) -> StoredDictation | None:
    """The dictation, put right if it says that it runs."""
    library = Library(paths.library)
    recover(library, paths.recordings)
    ids = library.ids()
    kept = library.get(ids[0]) if ids else None
    library.close()
    return kept


def _wrong(kept: StoredDictation | None, n_recorded: int) -> str:
    """What is wrong with the numbers, if anything: each that was recorded whole, once, in order."""
    words = kept.text.split() if kept is not None else []
    last = said_by(n_recorded)
    if words and words[-1] in (f"~{last + 1}", str(last + 1)):  # it was being said
        words.pop()
    if words == [str(n) for n in range(1, last + 1)]:
        return ""
    return f"{last} were recorded: {' '.join(words)}"


def run(options: Options) -> list[Row]:
    """A part of the soak."""
    tally = kill_many(options.kills, options.seed, n_at_once=options.jobs)
    for kill in tally.kills:
        if kill.wrong or kill.n_lost:
            print(kill)
    n_redos = sum(kill.n_redos_killed for kill in tally.kills)
    n_lost, n_wrong = tally.n_lost, len(tally.wrong)
    return [
        Row("kills of the program, and of its recovery", f"{len(tally.kills)}, and {n_redos}"),
        Row("committed lines lost", f"{n_lost} of {tally.n_committed}", n_lost == 0),
        Row("sound lost, at most", f"{tally.lost_ms:.0f} ms", tally.lost_ms <= MOST_LOST_MS),
        Row("dictations whose words were not each there once", str(n_wrong), n_wrong == 0),
    ]
