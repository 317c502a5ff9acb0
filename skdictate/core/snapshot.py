"""Draws up the snapshot that the gauges show."""

from __future__ import annotations

from skdictate.core.changes import Topic
from skdictate.core.course import LIVE_S
from skdictate.core.link import Link
from skdictate.core.state import State
from skdictate.core.status import Phase, SessionGauge, Status
from skdictate.core.works import Works


def snapshot(works: Works, now_s: float) -> Status:
    """How the dictation stands."""
    exchange, timeline, sound = works.exchange, works.timeline, works.format
    spans = [it for it in timeline.spans if it.gap is None and not timeline.is_waiting(it)]
    waiting = [timeline.unheard(span) for span in spans]
    unsent_s = sound.seconds(max(waiting, default=0))
    newest = max(exchange.links.values(), key=lambda link: link.link_id, default=None)
    return Status(
        phase=_phase(works, unsent_s),
        recorded_s=sound.seconds(timeline.head),
        unsent_s=unsent_s,
        unsettled_s=sound.seconds(timeline.head - timeline.settled),
        limits=works.limits,
        session=_gauge(newest, now_s) if newest else None,
        n_links=exchange.n_links,
        billed_s=exchange.billed_s,
        n_lines=works.transcript.n_lines,
        retry_in_s=None if exchange.retry_s is None else max(0.0, exchange.retry_s - now_s),
        problems=tuple(works.watch.standing()),
    )


def _phase(works: Works, unsent_s: float) -> Phase:
    """What it does, in a word; what needs the user comes first."""
    if works.is_done:
        return Phase.DONE
    if works.is_stopping:
        return Phase.FINISHING
    if works.exchange.is_blocked:
        return Phase.BLOCKED
    if works.thrift.is_paused:
        return Phase.PAUSED
    live = works.timeline.live
    link = live.link if live is not None else None
    is_well = link is not None and link.state is State.OPEN and link.has_spoken
    is_answered = is_well and not works.watch.is_raised(Topic.LINK)
    if works.backoff.failures and not is_answered:
        return Phase.RECONNECTING
    if link is not None and link.state is State.OPENING:
        return Phase.CONNECTING
    if link is None and not works.timeline.head:
        return Phase.WAITING
    return Phase.CATCHING_UP if unsent_s > LIVE_S else Phase.LISTENING


def _gauge(link: Link, now_s: float) -> SessionGauge:
    return SessionGauge(
        number=link.link_id,
        audio_s=link.audio_s,
        size_bytes=link.size_bytes,
        since_message_s=max(0.0, now_s - link.last_sent_s),
    )
