"""Fuzzed answers, by the thousand, through the real client, core, library and every way to read it.

The recogniser says nonsense for a while (``fuzz``), and is then well: the dictation must be alive,
nothing that it told or kept may act on whoever shows it (``harmless``), and what was said while the
recogniser was well must be there.
"""

from __future__ import annotations

import asyncio
import io
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import grpc

from skdictate.audio.pcm import Format
from skdictate.cli import history_output
from skdictate.output.formats import FORMATS, rendered
from skdictate.speechkit import codec_v2, codec_v3
from skdictate.speechkit.codec import Options as Wishes
from skdictate.speechkit.request_options_v3 import Classifier
from skdictate.system.paths import Paths
from tests.faults import fast_clock
from tests.faults.fuzz import ANSWERS, Fuzz
from tests.faults.harmless import harm
from tests.faults.hours import resident_mb
from tests.faults.numbers import Script, talk
from tests.faults.report import Options, Row
from tests.faults.rig import Rig
from tests.faults.schedules import RAM
from tests.faults.scripted_server import End, Server

SOUND = Format(8_000)
BATCH = 2_500
"""Answers in one dictation."""
GARBLED = 0.003
"""How many of them are no messages at all, and how many are bent: each ends its session."""
AFTER_S = 20.0
"""Speech when the recogniser is well again."""
WISHES: dict[str, Wishes] = {
    "v2": codec_v2.Options(),
    "v3": codec_v3.Options(
        labels_speakers=True,
        analyses_speech=True,
        classifiers=(Classifier("insult"),),
        languages=("ru-RU", "en-US"),
    ),
}


@dataclass
class Fire:
    """What became of one dictation under fire."""

    n_answers: int = 0
    n_told: int = 0
    """Changes that came of it."""
    harm: str = ""
    """What could have acted on whoever showed it, and where."""
    wrong: str = ""
    """What else was not as it should be."""
    grown_mb: float = 0.0


def run(options: Options) -> list[Row]:
    """As many answers as were asked for, in both versions of the API."""
    n_batches = -(-options.answers // BATCH)
    apis = ["v3", "v3", "v3", "v2"]
    jobs = [(options.seed + n, apis[n % len(apis)]) for n in range(n_batches)]
    with ProcessPoolExecutor(options.jobs) as pool:
        fires = list(pool.map(_under_fire, jobs))
    for fire in fires:
        if fire.harm or fire.wrong:
            print(fire.harm, fire.wrong, flush=True)
    n_harmful = sum(bool(fire.harm) for fire in fires)
    n_wrong = sum(bool(fire.wrong) for fire in fires)
    return [
        Row("fuzzed answers", f"{sum(fire.n_answers for fire in fires)}"),
        Row("changes that came of them", f"{sum(fire.n_told for fire in fires)}"),
        Row("texts told, kept or exported that could act", f"{n_harmful}", not n_harmful),
        Row("dictations that died, hung or forgot", f"{n_wrong} of {len(fires)}", not n_wrong),
        Row("memory grown by, at most", f"{max(fire.grown_mb for fire in fires):.0f} MB"),
    ]


def _under_fire(job: tuple[int, str]) -> Fire:
    return under_fire(*job)


def under_fire(seed: int, api: str, n_answers: int = BATCH) -> Fire:
    """One dictation, in its own time and place."""
    place = RAM if RAM.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place, prefix="faults-") as folder:
        fire = Fire()
        try:
            fast_clock.run(_dictate(fire, Path(folder), seed, api, n_answers))
        except BaseException as error:  # noqa: BLE001 - a crash is what is looked for
            fire.wrong = f"seed {seed}, {api}: {error!r}"
        return fire


async def _dictate(fire: Fire, folder: Path, seed: int, api: str, n_answers: int) -> None:
    rng = random.Random(seed)
    fuzz = Fuzz(ANSWERS[api], rng, garbled=GARBLED)
    server = Server(seed)
    server.nonsense = iter(fuzz.next, None)
    script = talk(SOUND, 3600, rng)
    before_mb = resident_mb()
    async with (
        asyncio.timeout(4 * 3600),
        Rig(folder, script, server, api=api, options=WISHES[api]) as rig,
        asyncio.TaskGroup() as group,
    ):
        running = group.create_task(rig.run())
        while server.n_said < n_answers:
            await asyncio.sleep(0.5)
            rig.engine.retry()  # as a user would, who wants to go on
        fire.n_answers = server.n_said
        server.nonsense = None
        server.end(End(grpc.StatusCode.UNAVAILABLE, "said so"))
        well_from = rig.source.said
        await rig.said(rig.sound.seconds(well_from) + AFTER_S)
        rig.engine.stop()
        await running
        fire.n_told = len(rig.changes)
        fire.grown_mb = resident_mb() - before_mb
        fire.harm = _harm(rig, folder)
        fire.wrong = _wrong(rig, script, well_from)


def _wrong(rig: Rig, script: Script, well_from: int) -> str:
    """What is not as it should be in the dictation."""
    kept = rig.kept
    for line in kept.lines:
        if not 0 <= line.start_sample <= line.end_sample <= kept.n_samples:
            return f"{line} lies outside the dictation"
    starts = [line.start_sample for line in kept.lines]
    if starts != sorted(starts):
        return "lines out of order"
    settled = max(well_from, max((gap.end_sample for gap in kept.gaps), default=0))
    said = {word.number for word in script.words if settled < word.start}
    said &= {word.number for word in script.words if word.end <= kept.n_samples}
    told = {int(word) for line in kept.lines for word in line.text.split() if word.isdecimal()}
    lost = said - told
    return f"{sorted(lost)} of {len(said)} are lost" if lost else ""


def _harm(rig: Rig, folder: Path) -> str:
    """What could act, anywhere that a text can be read from."""
    for _, change in rig.changes:
        if found := [it for text in texts(change) for it in harm(text)]:
            return f"{found} in {change!r}"[:500]
    if found := harm("".join(stored(Paths.of({"SKDICTATE_HOME": str(folder)}).library))):
        return f"{found} in the library"
    for where, text in shown(rig, folder):
        if found := harm(text):
            return f"{found} in {where}"
    return ""


def texts(value: Any) -> Iterator[str]:
    """All texts in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts(item)


def stored(path: Path) -> Iterator[str]:
    """All texts in a database."""
    database = sqlite3.connect(path)
    names = [
        row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
    ]
    for name in names:
        for row in database.execute(f"SELECT * FROM {name}"):
            yield from (cell for cell in row if isinstance(cell, str))
    database.close()


def shown(rig: Rig, folder: Path) -> Iterator[tuple[str, str]]:
    """What is printed and exported of it, in every format, as it goes and afterwards."""
    kept = rig.kept
    for name, form in FORMATS.items():
        yield f"export {name}", rendered(name, SOUND, kept.lines, kept.gaps, kept.findings)
        writer = form(SOUND)
        yield f"listen {name}", "".join(writer.change(change) for _, change in rig.changes)
    paths = Paths.of({"SKDICTATE_HOME": str(folder)})
    out = io.StringIO()
    history_output.write_about(paths, out, None)
    yield "history show", out.getvalue()
