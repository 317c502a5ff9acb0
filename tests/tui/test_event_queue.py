"""News for a screen that has no time."""

from __future__ import annotations

import threading

from skdictate.app.worker_events import Began, Changed, WorkerEvent
from skdictate.core.changes import (
    Line,
    LineCommitted,
    LineSettled,
    PartialChanged,
    ProblemCleared,
    ProblemRaised,
    SessionChanged,
    Settled,
    Topic,
)
from skdictate.core.session_state import SessionState
from skdictate.errors import Kind, Problem
from skdictate.tui.event_queue import EventQueue

PROBLEM = Problem(Kind.DISK, "full")


def line(number: int) -> Line:
    return Line(number, f"line {number}", number, number + 1, 1)


def test_nobody_is_rung_for_twice_before_it_is_emptied() -> None:
    rings: list[int] = []
    box = EventQueue(lambda: rings.append(1))
    box.put(Began("mic", 16_000))
    box.put(Changed(LineCommitted(line(1))))
    assert len(rings) == 1
    assert box.drain() == [Began("mic", 16_000), Changed(LineCommitted(line(1)))]
    assert box.drain() == []
    box.put(Changed(LineCommitted(line(2))))
    assert len(rings) == 2


def test_hours_without_a_look_leave_the_text_and_how_things_stand() -> None:
    box = EventQueue(lambda: None)
    for number in range(1, 2_001):
        for n in range(10):
            box.put(Changed(PartialChanged("guess", str(n))))
        box.put(Changed(LineCommitted(line(number))))
        box.put(Changed(LineSettled(line(number))))
        box.put(Changed(Settled(number)))
        box.put(Changed(SessionChanged(number, SessionState.OPEN)))
        box.put(Changed(ProblemRaised(Topic.LINK, PROBLEM, number)))
        box.put(Changed(ProblemCleared(Topic.LINK)))
        box.put(Changed(ProblemRaised(Topic.DISK, PROBLEM)))
    news = box.drain()
    lines = [
        it.change.line
        for it in news
        if isinstance(it, Changed) and isinstance(it.change, LineCommitted)
    ]
    assert [it.number for it in lines] == list(range(1, 2_001))
    assert len(news) == 2_000 + 6
    assert news[-2:] == [
        Changed(ProblemCleared(Topic.LINK)),
        Changed(ProblemRaised(Topic.DISK, PROBLEM)),
    ]


def test_many_threads_may_tell() -> None:
    rung = threading.Semaphore(0)
    box = EventQueue(rung.release)

    def tell() -> None:
        for number in range(500):
            box.put(Changed(LineCommitted(line(number))))

    tellers = [threading.Thread(target=tell) for _ in range(4)]
    for teller in tellers:
        teller.start()
    news: list[WorkerEvent] = []
    while len(news) < 2_000:
        assert rung.acquire(timeout=10)
        news += box.drain()
    for teller in tellers:
        teller.join()
    assert len(news) == 2_000
    assert len(box) == 0
