"""Disks that refuse: dictations on one that fails now and then, at any write, sync or new file.

Every sample and every line has to be there in the end, and what went wrong has to have been said.
"""

from __future__ import annotations

import asyncio
import errno
import random
import sqlite3
import tempfile
import time
import wave
from contextlib import closing
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, LineCommitted, ProblemCleared, ProblemRaised, Topic
from skdictate.core.policy import Policy
from skdictate.engine import Engine, Outcome
from skdictate.errors import Problem
from skdictate.library.library import Library
from skdictate.library.retry_queue import STALLED
from skdictate.library.stored_dictation import StoredDictation
from skdictate.library.writer import DictationWriter, about
from skdictate.system.paths import Paths
from tests.faults import fast_clock
from tests.faults.failing_disk import Disk
from tests.faults.report import Options, Row, percentile
from tests.support.fast_fakes import FluentBackend, Talker, spoken

SOUND = Format(16_000)
SPEED = 200.0
PATIENCE_S = 30.0
"""A disk that works has done what it was given by then, on a wall's clock."""
FAULTS = [
    (errno.ENOSPC, "write", 2),
    (errno.ENOSPC, "write", 30),
    (errno.EIO, "write", 3),
    (errno.EDQUOT, "write", 3),
    (errno.EIO, "sync", 1),
    (errno.EIO, "sync", 3),
    (errno.ENOSPC, "make", 3),
    (errno.EROFS, "", 20),
]
"""What is refused, and how often."""


class Talk:
    """A dictation on a disk, and what was told of it when."""

    def __init__(self, home: Path, length_s: float, line_s: float = 1.0) -> None:
        self.paths = Paths.of({"SKDICTATE_HOME": str(home)})
        self.source = Talker(SOUND, length_s)
        kept = about(engine="fluent", api="v3", languages=(), source="talker", rate_hz=16_000)
        self.store = DictationWriter(self.paths.library, self.paths.recordings, kept)
        self.backend = FluentBackend(line_s)
        self.engine = Engine(
            self.source, self.backend, self.store, Policy(has_words=True, has_hedges=False)
        )
        self.engine.on_change = self._note
        self.changes: list[tuple[float, Change]] = []

    def _note(self, change: Change) -> None:
        self.changes.append((time.monotonic(), change))

    def said(self, kind: type[Change]) -> list[Change]:
        return [change for _, change in self.changes if isinstance(change, kind)]

    def disk_troubles(self) -> list[tuple[float, Problem | None]]:
        """What was said of the disk; None where all was well again."""
        return [
            (at_s, change.problem if isinstance(change, ProblemRaised) else None)
            for at_s, change in self.changes
            if isinstance(change, ProblemRaised | ProblemCleared) and change.topic is Topic.DISK
        ]

    async def until_said(self, length_s: float) -> None:
        while self.source.said < SOUND.samples(length_s):
            await asyncio.sleep(0.1)

    async def until_recognised(self, length_s: float) -> None:
        """The same, and the recogniser keeps up, however busy the machine is."""
        now = fast_clock.clock()
        now.is_under_way, now.longest_s = lambda: not self._is_heard(), PATIENCE_S
        await self.until_said(length_s)
        now.is_under_way, now.longest_s = lambda: False, fast_clock.LONGEST_S

    async def until_kept(self, length_s: float) -> None:
        """The same, and recogniser and disk keep up, however busy the machine is."""
        now = fast_clock.clock()
        now.is_under_way, now.longest_s = self._is_behind, PATIENCE_S
        await self.until_said(length_s)
        while self._is_behind():
            problem = self.store.audio_buffer.problem
            assert problem in (None, STALLED), f"the disk was to be well: {problem}"
            await asyncio.sleep(0.01)
        now.is_under_way, now.longest_s = lambda: False, fast_clock.LONGEST_S

    def _is_behind(self) -> bool:
        """There is something to write, or to recognise."""
        audio_buffer = self.store.audio_buffer
        to_write = audio_buffer.head - audio_buffer.memory_buffer.written > SOUND.samples(0.3)
        waiting = self.store.text_queue.n_lines_waiting
        return to_write or bool(waiting) or not self._is_heard()

    def _is_heard(self) -> bool:
        """There is a line for all but the newest sound, or nobody who could give one."""
        n_lines = len(self.said(LineCommitted))
        return self.backend.is_away or n_lines >= SOUND.seconds(self.source.said) - 2.0

    def kept(self) -> StoredDictation:
        assert self.store.dictation_id is not None
        with closing(Library(self.paths.library)) as library:
            kept = library.get(self.store.dictation_id)
        assert kept is not None
        return kept

    def recorded(self) -> bytes:
        with wave.open(str(self.store.recording_path)) as file:
            return bytes(file.readframes(1 << 30))

    def check_all_is_there(self) -> None:
        """What was said is in the file, what was told is in the library, and both are sound."""
        kept = self.kept()
        assert self.recorded() == spoken(0, self.source.said)
        assert [line.text for line in kept.lines] == self.texts()
        assert kept.state == "done"
        assert kept.n_samples == self.source.said
        assert all(session.n_leaps == 0 for session in self.backend.sessions)
        with closing(sqlite3.connect(self.paths.library)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    def texts(self) -> list[str]:
        """The lines that were told, as they were refined."""
        lines = [change.line for change in self.said(LineCommitted)]  # type: ignore[union-attr]
        return [f"{line.text.capitalize()}." for line in lines]


async def dictate(talk: Talk) -> Outcome:
    """All of it; what is left in the end is saved by going on."""
    outcome = await talk.engine.run()
    if outcome.problem is not None:
        await talk.store.persist()
    return outcome


def run(options: Options) -> list[Row]:
    """The rows of the soak."""
    n_bad, said_s = 0, []
    with tempfile.TemporaryDirectory() as folder, Disk(Path(folder) / "disk") as disk:
        for seed in range(options.seed, options.seed + options.disks):
            rng = random.Random(seed)
            code, kind, most = rng.choice(FAULTS)
            first, n_refused = rng.randint(1, 60), rng.randint(1, most)
            talk = Talk(disk.place / str(seed), rng.choice((0.3, 2.0, 6.0)))
            disk.refuse(kind, code, first=first, last=first + n_refused - 1)
            fast_clock.run(dictate(talk), speed=SPEED)
            refused_s = disk.heal()
            sounds_s = [at_s for name, at_s in refused_s.items() if name.endswith(".wav")]
            troubles = talk.disk_troubles()
            if sounds_s and troubles:
                said_s.append(max(0.0, troubles[0][0] - min(sounds_s)))
            try:
                talk.check_all_is_there()
            except AssertionError as error:
                n_bad += 1
                print(f"seed {seed}: {errno.errorcode[code]} {kind} {first}: {error}", flush=True)
    slowest_ms = 1000 * percentile(said_s, 1.0)
    return [
        Row("dictations on a disk that refuses", str(options.disks)),
        Row("of them with a sample or a line that is not there in the end", str(n_bad), n_bad == 0),
        Row(
            "from a refusal to the sentence about it, at most",
            f"{slowest_ms:.0f} ms",
            slowest_ms < 1000,
        ),
    ]
