"""Power cuts at any moment: no line that was saved is lost, and no more sound than a second.

The real program dictates onto a disk that remembers all that is done to it. A cut is a moment:
what was synced by then is left, and of the rest nothing, or pieces. A new start finds that, and
recognises what is left to be recognised.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import wave
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from skdictate.app.factory import Factory
from skdictate.app.reprocess import Reprocessing
from skdictate.errors import ProblemError
from skdictate.library.library import Library
from skdictate.library.recording import HEADER_BYTES
from skdictate.library.recovery import recover
from skdictate.library.reprocess_ranges import TextSelection
from skdictate.library.stored_dictation import StoredDictation
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from tests.faults.counting import SOUND, SPEECH, Ear, Voice, come_first, said_by
from tests.faults.disk_remains import Op, Wreck
from tests.faults.recording_disk import ForgetfulDisk
from tests.faults.report import Options, Row

COMMAND = [sys.executable, "-m", "skdictate", "listen", "--format", "json", "--source", "stdin"]
CUTS_PER_FLIGHT, FLIGHT_S = 20, 8.0
MOST_LOST_S = 1.0


@dataclass
class Flight:
    """What a dictation did to its disk, until it was killed, and what was seen of it."""

    ops: list[Op]
    seen: list[tuple[int, str]]
    """Lines that were printed, and how many operations there had been by then."""
    voice: Voice

    @property
    def began_s(self) -> float:
        """When the first sound was written."""
        return next(op.at_s for op in self.ops if op.kind == "write" and op.offset == HEADER_BYTES)


@dataclass
class Cut:
    """What became of one."""

    is_torn: bool
    n_saved: int = 0
    """Lines that were printed before it."""
    n_lost: int = 0
    """Of those, how many were not there afterwards."""
    lost_s: float = 0.0
    """Sound that was spoken before it, and not recorded."""
    wrong: str = ""
    """What else was not as it should be."""


@dataclass
class Tally:
    """Of all cuts."""

    cuts: list[Cut] = field(default_factory=list)

    @property
    def n_saved(self) -> int:
        return sum(cut.n_saved for cut in self.cuts)

    @property
    def n_lost(self) -> int:
        return sum(cut.n_lost for cut in self.cuts)

    @property
    def lost_s(self) -> float:
        return max((cut.lost_s for cut in self.cuts), default=0.0)

    @property
    def wrong(self) -> list[str]:
        return [cut.wrong for cut in self.cuts if cut.wrong]


def cut_many(n: int, seed: int, *, n_flights: int, length_s: float) -> Tally:
    """Dictate some times, and cut the power that often, at moments spread over all of it."""
    rng = random.Random(seed)
    with Ear() as ear:
        flights = [fly(ear, length_s) for _ in range(n_flights)]
        return asyncio.run(_cut_all(ear, flights, rng, n))


async def _cut_all(ear: Ear, flights: list[Flight], rng: random.Random, n: int) -> Tally:
    cuts = [
        await cut_one(ear, rng.choice(flights), rng, rng.random(), is_torn=bool(index % 2))
        for index in range(n)
    ]
    return Tally(cuts)


def fly(ear: Ear, length_s: float) -> Flight:
    """One dictation of that length."""
    with (
        tempfile.TemporaryDirectory(prefix="cut-") as place,
        ForgetfulDisk(Path(place)) as disk,
        Voice() as voice,
    ):
        environ = {**os.environ, "SKDICTATE_HOME": f"{place}/home"}
        child = subprocess.Popen(
            [*COMMAND, "--endpoint", ear.endpoint],
            stdin=voice.fd,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            text=True,
        )
        come_first(child.pid)
        assert child.stdout is not None
        seen: list[tuple[int, str]] = []
        while line := child.stdout.readline():
            told = json.loads(line)
            if told["event"] == "final":
                seen.append((len(disk.ops), told["text"]))
            if voice.n_spoken >= SOUND.samples(length_s):
                break
        child.kill()
        child.wait()
        child.stdout.close()
        return Flight(disk.ops, seen, voice)


async def cut_one(ear: Ear, flight: Flight, rng: random.Random, at: float, *, is_torn: bool) -> Cut:
    """Cut the power, at 0 for the first sound to 1 for the end, and start again."""
    began_s, ended_s = flight.began_s, flight.ops[-1].at_s
    moment_s = began_s + at * (ended_s - began_s)
    n_ops = sum(op.at_s <= moment_s for op in flight.ops)
    it = Cut(is_torn)
    with tempfile.TemporaryDirectory(prefix="cut-") as folder:
        wreck = Wreck(rng, is_torn)
        wreck.replay(flight.ops[:n_ops])
        wreck.salvage(Path(folder))
        paths = Paths.of({"SKDICTATE_HOME": f"{folder}/home"})
        try:
            kept = _recovered(paths)
        except ProblemError as error:
            it.wrong = f"the library is no more: {error}"
            return it
        saved = [text for n, text in flight.seen if n <= n_ops]
        texts = [line.text for line in kept.lines] if kept else []
        it.n_saved = len(saved)
        it.n_lost = sum(text not in texts for text in saved)
        n_spoken = flight.voice.n_spoken_at(moment_s)
        n_whole = 0
        if kept is not None:
            path = paths.recordings / kept.about.recording
            it.wrong = _unopened(path, kept.n_samples)
            n_whole = _n_whole(path)
            if kept.unrecognised:
                await _redo(paths, ear, kept.id)
            it.wrong = it.wrong or _wrong(_recovered(paths), n_whole)
        it.lost_s = SOUND.seconds(n_spoken - n_whole)
    return it


async def _redo(paths: Paths, ear: Ear, number: int) -> None:
    factory = Factory(Settings(endpoint=ear.endpoint, plaintext=True), paths, {})
    factory.backend.limits = replace(factory.backend.limits, catch_up=float("inf"))
    await Reprocessing(factory, number, TextSelection.missing).run()
    await factory.close()


def _recovered(paths: Paths) -> StoredDictation | None:
    """The dictation as a new start finds it."""
    library = Library(paths.library)
    try:
        recover(library, paths.recordings)
        ids = library.ids()
        return library.get(ids[0]) if ids else None
    finally:
        library.close()


def _unopened(path: Path, n_samples: int) -> str:
    """Which program does not read the recording, if any does not."""
    with wave.open(str(path)) as file:
        if len(file.readframes(10**9)) != 2 * n_samples:
            return "wave reads another length"
    done = subprocess.run(["sox", "-V3", path, "-n", "stat"], capture_output=True, text=True)
    if done.returncode or "WARN" in done.stderr:
        return f"sox: {done.stderr}"
    return ""


def _n_whole(path: Path) -> int:
    """Samples up to the first that is not what was said."""
    with wave.open(str(path)) as file:
        recorded = np.frombuffer(file.readframes(10**9), np.int16)
    said = np.frombuffer(SPEECH, np.int16)[: len(recorded)]
    damaged = np.flatnonzero(recorded != said)
    return int(damaged[0]) if len(damaged) else len(recorded)


def _wrong(kept: StoredDictation | None, n_whole: int) -> str:
    """What is wrong with the numbers, if anything: each once, as far as the sound is whole; beyond
    that none twice, and none out of order."""
    words = kept.text.split() if kept is not None else []
    last = said_by(n_whole)
    later = [int(word) for word in words[last:] if not word.startswith("~")]
    whole = [str(n) for n in range(1, last + 1)]
    if (
        words[:last] == whole
        and later == sorted(set(later))
        and min(later, default=last + 1) > last
    ):
        return ""
    return f"{last} were recorded: {' '.join(words)}"


def run(options: Options) -> list[Row]:
    """A part of the soak."""
    n_flights = max(1, options.cuts // CUTS_PER_FLIGHT)
    tally = cut_many(options.cuts, options.seed, n_flights=n_flights, length_s=FLIGHT_S)
    for cut in tally.cuts:
        if cut.wrong or cut.n_lost:
            print(cut)
    n_lost, n_wrong = tally.n_lost, len(tally.wrong)
    return [
        Row("power cuts", str(len(tally.cuts))),
        Row("saved lines lost", f"{n_lost} of {tally.n_saved}", n_lost == 0),
        Row("sound lost, at most", f"{tally.lost_s:.2f} s", tally.lost_s <= MOST_LOST_S),
        Row(
            "recordings that did not open, or words not each there once", str(n_wrong), not n_wrong
        ),
    ]
