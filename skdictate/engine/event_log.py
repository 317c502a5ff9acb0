"""The log of a dictation: what becomes of sessions, sound and problems. No text is written, no
guess and no finding; of a line only where it is."""

from __future__ import annotations

import logging

from skdictate.core import effects as fx
from skdictate.core.changes import (
    Change,
    Finished,
    GapMarked,
    LineCommitted,
    Noticed,
    ProblemCleared,
    ProblemRaised,
    SessionChanged,
    SourceNamed,
)
from skdictate.core.session_state import SessionState
from skdictate.engine.outcome import Outcome

_log = logging.getLogger(__name__)


def log_change(change: Change, now_s: float) -> None:
    """Write what a change says of the program; ``now_s`` is on the steady clock."""
    match change:
        case SessionChanged():
            _log_session(change)
        case ProblemRaised(topic, problem, retry_s):
            retry = "" if retry_s is None else f"; next try in {max(0.0, retry_s - now_s):.1f} s"
            _log.warning("problem raised: %s: %s%s", topic, problem.brief, retry)
        case ProblemCleared(topic):
            _log.info("problem cleared: %s", topic)
        case Noticed(problem):
            _log.warning("noticed: %s", problem.brief)
        case SourceNamed(name, was):
            _log.info("source: %s%s", name, f", was {was}" if was else "")
        case GapMarked(gap):
            place = gap.start_sample, gap.end_sample
            _log.warning("gap: samples %d to %d, %s", *place, gap.reason)
        case LineCommitted(line):
            place = line.start_sample, line.end_sample
            _log.debug(
                "line %d of session %d: samples %d to %d", line.number, line.session_number, *place
            )
        case Finished():
            _log.info("all is answered for")


def _log_session(change: SessionChanged) -> None:
    ids = {
        "session id": change.session_id,
        "request id": change.request_id,
        "support": change.support,
    }
    words = "".join(f"; {name} {value}" for name, value in ids.items() if value)
    if change.state is SessionState.CLOSED:
        words += f"; billed {change.billed_s} s"
        words += f"; {change.problem.brief}" if change.problem else ""
    _log.info("session %d: %s%s", change.session_number, change.state, words)


def log_effect(effect: fx.Effect) -> None:
    """Write what the core wants done with sessions, and why."""
    match effect:
        case fx.Finish(session_number, why):
            _log.info("session %d: no more sound, %s", session_number, why or "it was all")
        case fx.Drop(session_number):
            _log.info("session %d: dropped", session_number)


def log_outcome(outcome: Outcome) -> None:
    """Write how a dictation ended."""
    _log.info(
        "dictation ended: %d lines, %d gaps, %d sessions, %d ms of sound, billed %d s%s",
        outcome.n_lines,
        outcome.n_gaps,
        outcome.n_sessions,
        outcome.audio_ms,
        outcome.billed_s,
        f"; {outcome.problem.brief}" if outcome.problem else "",
    )
