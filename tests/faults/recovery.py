"""How soon the words come again when a fault is over, by kind of fault.

A fault is over when whoever connects then is served as ever: a cut in the moment that it cuts,
even if nobody is told of it; an outage when the network is back. Faults that overlap, or hit before
the words have come again, are one, named for the last of them. Two times are measured from there:
to the first words that the recogniser gives, be it that they were shown before the fault and are
heard again; and to the first word that was never shown. If all that was said by then is on the
screen already, both are from the end of the next word, for while nobody speaks there is nothing to
show. The recogniser's own delay is in them.

Counted is what did something: it cost a session, or words had to wait.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from skdictate.core.changes import LineCommitted, PartialChanged, SessionChanged
from skdictate.core.session_state import SessionState
from tests.faults.mishaps import Mishap
from tests.faults.numbers import Spoken
from tests.faults.report import Row, percentile
from tests.faults.rig import Rig

WAITED_S = 1.0
"""A word that is not shown this long after it was said has had to wait."""

FAST_S = 1.5
"""Of 100 times, the words come again sooner than this 95 times ..."""
ENOUGH = 50
"""... which is judged of no fewer."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """After one fault, or several that overlapped."""

    kind: str
    words_s: float
    """To the first words."""
    new_s: float
    """To the first word that was never shown before."""


def recoveries(rig: Rig, begun_s: float, happening: Iterable[Mishap]) -> Iterator[Recovery]:
    """After each fault that did something."""
    shown = list(_shown(rig))
    told: dict[str, float] = {}
    for at_s, words in shown:
        for word in words:
            told.setdefault(word, at_s)
    outages = sorted(_outages(begun_s, happening))
    while outages:
        begin_s, well_s, kind = outages.pop(0)
        known = {word for word, at_s in told.items() if at_s <= well_s}
        waiting = next((it for it in rig.script.words if str(it.number) not in known), None)
        new_s = min((at_s for at_s in told.values() if at_s > well_s), default=None)
        if waiting is None or new_s is None:
            continue
        said_s = _said_s(rig, waiting)
        from_s = max(well_s, said_s)
        words_s = max(from_s, min(at_s for at_s, _ in shown if at_s > well_s))
        if outages and outages[0][0] < words_s:  # it was hit again while it recovered
            outages[0] = begin_s, *outages[0][1:]
        elif _cost_a_session(rig, begin_s, new_s) or said_s < well_s - WAITED_S:
            yield Recovery(kind, words_s - from_s, max(from_s, new_s) - from_s)


def rows(found: list[Recovery]) -> list[Row]:
    """All together, and each kind, the slowest first."""
    by_kind = defaultdict(list)
    for one in found:
        by_kind[one.kind].append(one)
    slowest = sorted(by_kind, key=lambda kind: -_slow_s(by_kind[kind]))
    is_fast = len(found) < ENOUGH or _slow_s(found) < FAST_S
    took = _summary(it.words_s for it in found)
    return [
        Row("from the end of a fault to the first words", took, is_fast),
        Row("... to the first that were never shown", _summary(it.new_s for it in found)),
        *(Row(f"... after {it}", _summary(one.words_s for one in by_kind[it])) for it in slowest),
    ]


def _slow_s(found: list[Recovery]) -> float:
    return percentile([one.words_s for one in found], 0.95)


def _summary(times_s: Iterable[float]) -> str:
    took_s = list(times_s)
    fast, slow = (percentile(took_s, share) for share in (0.5, 0.95))
    return f"p50 {fast:.2f} s, p95 {slow:.2f} s, of {len(took_s)}"


def _outages(begun_s: float, happening: Iterable[Mishap]) -> Iterator[tuple[float, float, str]]:
    """When it began, when all was well again, and what it was in the end."""
    spans = sorted(
        (begun_s + it.at_s, begun_s + it.at_s + it.lasts_s, it.name)
        for it in happening
        if it.is_fault
    )
    while spans:
        begin_s, well_s, kind = spans.pop(0)
        while spans and spans[0][0] <= well_s:
            _, end_s, name = spans.pop(0)
            if end_s >= well_s:
                well_s, kind = end_s, name
        yield begin_s, well_s, kind


def _shown(rig: Rig) -> Iterator[tuple[float, list[str]]]:
    """What was shown, and when."""
    for at_s, change in rig.changes:
        match change:
            case PartialChanged() if change.text:
                yield at_s, change.text.split()
            case LineCommitted(line):
                yield at_s, line.text.split()


def _said_s(rig: Rig, word: Spoken) -> float:
    """When the last sample of a word was there."""
    given = rig.source.given
    index = bisect_left(given, word.end, key=lambda one: one[1])
    return given[min(index, len(given) - 1)][0]


def _cost_a_session(rig: Rig, begin_s: float, end_s: float) -> bool:
    return any(
        begin_s <= at_s <= end_s
        and isinstance(change, SessionChanged)
        and change.state in (SessionState.OPENING, SessionState.CLOSED)
        for at_s, change in rig.changes
    )
