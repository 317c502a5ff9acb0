"""The text of a dictation on its way into the library; while that takes nothing, it waits here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from skdictate.errors import Problem, ProblemError
from skdictate.library import replace_damaged
from skdictate.library.library import Library
from skdictate.library.retry_queue import Job, RetryQueue
from skdictate.library.storage_problems import is_damage
from skdictate.library.stored_dictation import DictationInfo

MOST_AT_ONCE = 100
"""Notes that are stored in one transaction: one wait for the disk, however many there are."""
MOST_WAITING = 100_000
"""Notes that wait for a library that takes none: some days of speech."""
BUSY_S = 0.5
"""How long another instance that is writing is waited for; then it is said, and tried again."""


@dataclass(frozen=True, slots=True)
class QueuedChange:
    """Something to store."""

    store: Callable[[Library, int], object]
    """Stores it of the dictation with this id."""
    n_lines: int = 0
    """Lines that are lost if it is not stored."""


class TextQueue:
    """Takes notes, and stores them in order. The dictation begins in the library with ``begin``."""

    def __init__(self, library: Library | Path, about: Callable[[], DictationInfo]) -> None:
        self.storing = RetryQueue("storing", self._next_job)
        self.dictation_id: int | None = None
        self.on_notice: Callable[[Problem], None] = lambda problem: None
        """Told what happened to the library, and is over."""
        self._about = about
        self._path = library if isinstance(library, Path) else None
        """Where a library is that is opened for this, and closed with it."""
        self._library = library if isinstance(library, Library) else None
        self._notices: deque[Problem] = deque()
        self._waiting: deque[QueuedChange] = deque()
        self._has_begun = False
        self._n_put = 0
        self._n_stored = 0

    def begin(self) -> None:
        """There is something to keep."""
        if not self._has_begun:
            self._has_begun = True
            self.storing.notify()

    def put(self, *notes: QueuedChange) -> None:
        """Store these, after all that came before."""
        for note in notes[: MOST_WAITING - len(self._waiting)]:
            self._n_put += 1
            self._waiting.append(note)
        self.begin()
        self.storing.notify()

    async def stored(self) -> None:
        """Wait until all that was put outlives a power cut; no longer, if the disk has trouble."""
        n_put = self._n_put
        await self.storing.until(lambda: self._n_stored >= n_put)

    @property
    def n_waiting(self) -> int:
        """Notes that are only in memory."""
        return len(self._waiting)

    @property
    def n_lines_waiting(self) -> int:
        """Lines among them."""
        return sum(note.n_lines for note in list(self._waiting))

    async def close(self) -> None:
        """Let go of the library."""
        closing = self.storing.worker.submit(self._close)
        self.storing.worker.close()
        await closing

    def _next_job(self) -> Job | None:
        is_due = self._has_begun and (self.dictation_id is None or self._waiting)
        return Job(self._store, self._publish_notices, self._publish_notices) if is_due else None

    def _publish_notices(self) -> None:
        while self._notices:
            self.on_notice(self._notices.popleft())

    # ------------------------------------------------------------------------- on the thread

    def _store(self) -> None:
        """The next notes; where the library is damaged or was set aside, into another one."""
        if self._library is None:
            assert self._path is not None
            self._library = replace_damaged.opened(self._path, BUSY_S, self._notices.append)
        if self._path is not None and not self._library.is_in_place:
            self._library = self._moved(self._library)
        try:
            self._store_in(self._library)
        except ProblemError as error:
            if self._path is None or not is_damage(error):
                raise
            self._library = self._renewed(self._path, self._library)
            self._store_in(self._library)

    def _store_in(self, library: Library) -> None:
        """All of the next notes, or none of them; what was stored is not stored twice."""
        if self.dictation_id is None:
            self.dictation_id = library.begin(self._about())
        notes = [self._waiting[n] for n in range(min(MOST_AT_ONCE, len(self._waiting)))]
        if notes:
            with library.transaction():
                for note in notes:
                    note.store(library, self.dictation_id)
        for _ in notes:
            self._waiting.popleft()
            self._n_stored += 1

    def _renewed(self, path: Path, old: Library) -> Library:
        """It is set aside, and another one goes on."""
        library = replace_damaged.renewed(path, BUSY_S, self._notices.append)
        old.close()
        self.dictation_id = replace_damaged.number_of(library, self._about().recording)
        return library

    def _moved(self, old: Library) -> Library:
        """Another instance has set it aside."""
        library, self.dictation_id = replace_damaged.moved(old, BUSY_S, self._about().recording)
        old.close()
        return library

    def _close(self) -> None:
        if self._library is not None and self._path is not None:
            self._library.close()
