"""Puts right what a killed program left behind: its dictations still say that they run.

How long they are is told by the recording, whatever the library knows of it. What was recorded and
not recognised becomes a gap that can be recognised yet. Nothing is removed; to be killed in here
changes nothing, since each dictation is put right in one piece.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Reason
from skdictate.errors import ProblemError
from skdictate.library.dictation_list import listing
from skdictate.library.library import Library
from skdictate.library.recording import Recording, repair
from skdictate.library.recording_lock import held
from skdictate.library.stored_dictation import DictationInfo
from skdictate.library.unfinished import Unfinished

LEAST_S = 0.1
"""A rest below this holds no word."""


def recover(library: Library, folder: Path) -> list[int]:
    """Put right all dictations that were killed; their numbers. Those that run are left alone.

    Args:
        library: where they are kept.
        folder: where their recordings are.

    Raises:
        ProblemError: the library or the disk cannot be used.
    """
    with library.connection() as db:
        rows = db.execute("SELECT id, recording, rate_hz FROM dictation WHERE state = 'running'")
        found = rows.fetchall()
    recovered = []
    for dictation_id, name, rate_hz in found:
        path = folder / Path(name).name
        with held(path) as is_ours:
            if is_ours and _put_right(library, dictation_id, path, Format(rate_hz)):
                recovered.append(dictation_id)
    return recovered + _adopt(library, folder)


def unfinished(library: Library, folder: Path) -> list[Unfinished]:
    """All dictations of which something could be recognised yet, the newest first."""
    return [
        Unfinished(it.id, it.rate_hz, it.n_samples, it.n_lines, it.n_unrecognised)
        for it in listing(library, folder)
        if it.n_unrecognised and it.has_sound and it.state != "running"
    ]


def _put_right(library: Library, dictation_id: int, path: Path, sound: Format) -> bool:
    """Say how the dictation ended; False if somebody was faster."""
    n_samples = repair(path, sound)
    with library.transaction() as db:
        row = db.execute(
            "SELECT settled, (SELECT max(end_sample) FROM line WHERE dictation_id = d.id),"
            " (SELECT max(end_sample) FROM gap WHERE dictation_id = d.id)"
            " FROM dictation d WHERE id = ? AND state = 'running'",
            (dictation_id,),
        ).fetchone()
        if row is None:
            return False
        # A line may end beyond what is settled: its last word, where two sessions overlap.
        done = max(position or 0 for position in row)
        if n_samples - done >= sound.samples(LEAST_S):
            library.add_gap(dictation_id, Gap(done, n_samples, Reason.UNFINISHED))
        library.finish(dictation_id, n_samples, ended_at=_last_written(path))
    return True


def _adopt(library: Library, folder: Path) -> list[int]:
    """Recordings that the library knows nothing of: it could not be written, or was lost."""
    with library.connection() as db:
        known = {name for (name,) in db.execute("SELECT recording FROM dictation")}
    strays = [path for path in sorted(folder.glob("*.wav")) if path.name not in known]
    adopted = []
    for path in strays:
        with held(path) as is_ours, suppress(ProblemError):
            recording = Recording.open(path) if is_ours else None
            if recording is None:
                continue
            recording.close()
            if recording.n_samples >= recording.format.samples(LEAST_S):
                adopted.append(_add(library, path, recording))
    return adopted


def _add(library: Library, path: Path, recording: Recording) -> int:
    n_samples = repair(path, recording.format)
    with library.transaction():
        begun_at = datetime.fromtimestamp(
            _last_written(path).timestamp() - recording.format.seconds(n_samples), UTC
        )
        about = DictationInfo("", "", "", "", recording.format.rate_hz, path.name, begun_at)
        dictation_id = library.begin(about)
        library.add_gap(dictation_id, Gap(0, n_samples, Reason.UNFINISHED))
        library.finish(dictation_id, n_samples, ended_at=_last_written(path))
    return dictation_id


def _last_written(path: Path) -> datetime:
    """When the recording was written to last; now, if there is none."""
    with suppress(OSError):
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return datetime.now(UTC)
