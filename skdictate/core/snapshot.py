"""Draws up the snapshot that the gauges show."""

from __future__ import annotations

from skdictate.core.changes import Topic
from skdictate.core.feeder import LIVE_S
from skdictate.core.scheduler import Scheduler
from skdictate.core.session import Session
from skdictate.core.session_state import SessionState
from skdictate.core.status import Phase, SessionGauge, Status


def snapshot(scheduler: Scheduler, now_s: float) -> Status:
    """How the dictation stands."""
    session_pool, timeline, sound = scheduler.session_pool, scheduler.timeline, scheduler.format
    spans = [it for it in timeline.spans if it.gap is None and not timeline.is_waiting(it)]
    waiting = [timeline.n_unsent(span) for span in spans]
    unsent_s = sound.seconds(max(waiting, default=0))
    newest = max(
        session_pool.sessions.values(), key=lambda session: session.session_number, default=None
    )
    return Status(
        phase=_phase(scheduler, unsent_s),
        recorded_s=sound.seconds(timeline.head),
        unsent_s=unsent_s,
        unsettled_s=sound.seconds(timeline.head - timeline.settled),
        limits=scheduler.limits,
        session=_gauge(newest, now_s) if newest else None,
        n_sessions=session_pool.n_sessions,
        billed_s=session_pool.billed_s,
        n_lines=scheduler.transcript.n_lines,
        retry_in_s=None if session_pool.retry_s is None else max(0.0, session_pool.retry_s - now_s),
        problems=tuple(scheduler.watchdogs.raised()),
    )


def _phase(scheduler: Scheduler, unsent_s: float) -> Phase:
    """What it does, in a word; what needs the user comes first."""
    if scheduler.is_done:
        return Phase.DONE
    if scheduler.is_stopping:
        return Phase.FINISHING
    if scheduler.session_pool.is_blocked:
        return Phase.BLOCKED
    if scheduler.idle_cost.is_paused:
        return Phase.PAUSED
    live = scheduler.timeline.live
    session = live.session if live is not None else None
    is_well = session is not None and session.state is SessionState.OPEN and session.has_spoken
    is_answered = is_well and not scheduler.watchdogs.is_raised(Topic.LINK)
    if scheduler.backoff.failures and not is_answered:
        return Phase.RECONNECTING
    if session is not None and session.state is SessionState.OPENING:
        return Phase.CONNECTING
    if session is None and not scheduler.timeline.head:
        return Phase.WAITING
    return Phase.CATCHING_UP if unsent_s > LIVE_S else Phase.LISTENING


def _gauge(session: Session, now_s: float) -> SessionGauge:
    return SessionGauge(
        number=session.session_number,
        audio_s=session.audio_s,
        size_bytes=session.size_bytes,
        since_message_s=max(0.0, now_s - session.last_sent_s),
    )
