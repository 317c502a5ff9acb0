"""What can happen to a dictation from outside, drawn by seed; each is mended after its time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import grpc

from tests.faults import bad_link as wire
from tests.faults.bad_link import Break, Way
from tests.faults.rig import Rig
from tests.faults.scripted_server import End

C = grpc.StatusCode
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 2, 7, 8, 11
"""Of HTTP/2, see RFC 9113."""
PASSING = (C.UNAVAILABLE, C.INTERNAL, C.RESOURCE_EXHAUSTED, C.UNKNOWN, C.ABORTED, C.CANCELLED)
"""What a service may say that is well again a moment later."""
NOWHERE = "no-such-host.invalid:443"
KEYS = "the user presses keys"
Act = Callable[[Rig], Awaitable[None]]


@dataclass(frozen=True)
class Mishap:
    """It begins at a time of the dictation, lasts, and is mended."""

    name: str
    at_s: float
    lasts_s: float
    begin: Act
    mend: Act

    @property
    def is_fault(self) -> bool:
        """Something was wrong; the user may do as they like."""
        return self.name != KEYS

    async def happen(self, rig: Rig) -> None:
        """From its time to the moment that it is mended."""
        await asyncio.sleep(self.at_s)
        await self.begin(rig)
        await asyncio.sleep(self.lasts_s)
        await self.mend(rig)


async def _nothing(rig: Rig) -> None:
    """It mends itself."""


def _broken(rng: random.Random) -> tuple[str, Act, Act]:
    how = rng.choice(list(Break))
    after_bytes = rng.choice((0, 0, rng.randint(1, 600)))

    async def begin(rig: Rig) -> None:
        rig.proxy.break_all(how, after_bytes=after_bytes)

    return how.name.lower().replace("_", " "), begin, _nothing


def _frame(rng: random.Random) -> tuple[str, Act, Act]:
    frames = {
        "goaway": wire.goaway(NO_ERROR),
        "goaway to all": wire.goaway(NO_ERROR, last_stream=0),
        "too many pings": wire.goaway(ENHANCE_YOUR_CALM, words=b"too_many_pings"),
        "rst refused": wire.reset_stream(REFUSED_STREAM),
        "rst internal": wire.reset_stream(INTERNAL_ERROR),
        "rst cancel": wire.reset_stream(CANCEL),
    }
    name = rng.choice(list(frames))

    async def begin(rig: Rig) -> None:
        rig.proxy.inject(frames[name])

    return name, begin, _nothing


def _stalled(rng: random.Random) -> tuple[str, Act, Act]:
    ways = rng.choice(((Way.UP,), (Way.DOWN,), (Way.UP, Way.DOWN)))

    async def begin(rig: Rig) -> None:
        rig.proxy.stall(*ways)

    async def mend(rig: Rig) -> None:
        rig.proxy.flow(*ways)

    return "stalled " + " and ".join(way.name.lower() for way in ways), begin, mend


def _slow(rng: random.Random) -> tuple[str, Act, Act]:
    delay_s, bytes_per_s = rng.choice(((0.4, 1e9), (2.0, 1e9), (0.0, 12e3), (0.1, 3e3)))

    async def begin(rig: Rig) -> None:
        rig.proxy.delay_s, rig.proxy.bytes_per_s = delay_s, bytes_per_s

    async def mend(rig: Rig) -> None:
        rig.proxy.delay_s, rig.proxy.bytes_per_s = 0.0, float("inf")

    return "late" if delay_s > 0.1 else "throttled", begin, mend


def _away(rng: random.Random) -> tuple[str, Act, Act]:
    """New connections get nowhere; the present one is cut."""
    kind = rng.choice(("refused", "black hole", "no such name"))

    async def begin(rig: Rig) -> None:
        if kind == "refused":
            await rig.proxy.refuse()
        elif kind == "black hole":
            rig.proxy.is_hole = True
        else:
            rig.target = NOWHERE
        rig.proxy.break_all(Break.HOLE if kind == "black hole" else Break.CUT)

    async def mend(rig: Rig) -> None:
        if kind == "refused":
            await rig.proxy.open()
        rig.proxy.is_hole = False
        rig.target = ""

    return kind, begin, mend


def _moody(rng: random.Random) -> tuple[str, Act, Act]:
    mood = rng.choice(("is_mute", "is_full"))

    async def begin(rig: Rig) -> None:
        await rig.server.be(**{mood: True})

    async def mend(rig: Rig) -> None:
        await rig.server.be(**{mood: False})

    return mood.removeprefix("is_"), begin, mend


def _tired(rng: random.Random) -> tuple[str, Act, Act]:
    async def begin(rig: Rig) -> None:
        rig.server.manners = replace(rig.server.manners, delay_s=6.0)

    async def mend(rig: Rig) -> None:
        rig.server.catch_up(0.1)

    return "answers late", begin, mend


def _ended(rng: random.Random) -> tuple[str, Act, Act]:
    code = rng.choice((*PASSING, C.OUT_OF_RANGE, None))

    async def begin(rig: Rig) -> None:
        rig.server.end(End(code, "said so"))

    return f"ends {code.name if code else 'well, and too early'}", begin, _nothing


def _refused(rng: random.Random) -> tuple[str, Act, Act]:
    code = rng.choice((*PASSING, C.UNAUTHENTICATED, C.PERMISSION_DENIED))

    async def begin(rig: Rig) -> None:
        await rig.server.be(refusal=End(code, "said so"))
        rig.server.end(End(code, "said so"))

    async def mend(rig: Rig) -> None:
        await rig.server.be(refusal=None)
        if code not in PASSING:
            rig.engine.retry()  # a person has mended it

    return f"refuses {code.name}", begin, mend


def _leaving(rng: random.Random) -> tuple[str, Act, Act]:
    async def begin(rig: Rig) -> None:
        await rig.server.go_away()

    return "goes away", begin, _nothing


def _still(rng: random.Random) -> tuple[str, Act, Act]:
    """The sound comes later, and all of it."""

    async def begin(rig: Rig) -> None:
        rig.source.is_stuck = True

    async def mend(rig: Rig) -> None:
        rig.source.is_stuck = False

    return "source stands still", begin, mend


def _user(rng: random.Random) -> tuple[str, Act, Act]:
    async def begin(rig: Rig) -> None:
        rig.engine.end_utterance()

    async def mend(rig: Rig) -> None:
        rig.engine.retry()

    return KEYS, begin, mend


KINDS = (
    _broken,
    _broken,
    _frame,
    _stalled,
    _slow,
    _away,
    _away,
    _moody,
    _tired,
    _ended,
    _refused,
    _leaving,
    _still,
    _user,
)


def drawn(rng: random.Random, length_s: float, n: int) -> list[Mishap]:
    """That many, in the course of a dictation, all mended before it ends."""
    mishaps = []
    for _ in range(n):
        name, begin, mend = rng.choice(KINDS)(rng)
        at_s = rng.uniform(0, length_s)
        lasts_s = min(rng.choice((0.3, 2.0, 8.0, 20.0)), max(0.0, length_s - at_s))
        if mend is _nothing:
            lasts_s = 0.0
        mishaps.append(Mishap(name, at_s, lasts_s, begin, mend))
    return mishaps
