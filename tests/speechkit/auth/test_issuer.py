"""Tokens that end: replaced in time, kept while they must be, asked for again once refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth.credential import Credential
from skdictate.speechkit.auth.issuer import Renewed

DOWN = Problem(Kind.NETWORK, "Down")


class World:
    """A clock and somebody who issues tokens."""

    def __init__(self, life_s: float | None = 1000.0, scheme: str = "Bearer") -> None:
        self.now_s = 1_000_000.0
        self.n_asked = 0
        self.problem: Problem | None = None
        self._life_s = life_s
        self._scheme = scheme
        self.issuer = Renewed("yc", "yc", self.ask, clock=lambda: self.now_s)

    async def ask(self) -> Credential:
        await asyncio.sleep(0)
        if self.problem is not None:
            raise ProblemError(self.problem)
        self.n_asked += 1
        ends = None
        if self._life_s is not None:
            ends = datetime.fromtimestamp(self.now_s + self._life_s, UTC)
        return Credential(self._scheme, f"token-{self.n_asked}", "yc", ends)

    async def secret(self, after_s: float = 0.0) -> str:
        self.now_s += after_s
        return (await self.issuer.credential()).secret


async def test_it_is_replaced_after_four_fifths_of_its_life() -> None:
    world = World()
    assert await world.secret() == "token-1"
    assert await world.secret(after_s=799) == "token-1"
    assert await world.secret(after_s=2) == "token-2"


async def test_those_who_ask_at_the_same_time_share_one() -> None:
    world = World()
    assert set(await asyncio.gather(*(world.secret() for _ in range(5)))) == {"token-1"}
    assert world.n_asked == 1


async def test_while_it_is_valid_a_failure_to_replace_it_is_no_trouble() -> None:
    world = World()
    await world.secret()
    world.problem = DOWN
    assert await world.secret(after_s=900) == "token-1"
    assert await world.secret(after_s=99) == "token-1"
    with pytest.raises(ProblemError):
        await world.secret(after_s=2)
    world.problem = None
    assert await world.secret() == "token-2"


@pytest.mark.parametrize(("scheme", "secret"), [("Bearer", "token-2"), ("Api-Key", "token-1")])
async def test_one_without_a_known_end_is_replaced_within_an_hour_unless_it_is_a_key(
    scheme: str, secret: str
) -> None:
    world = World(life_s=None, scheme=scheme)
    assert await world.secret() == "token-1"
    assert await world.secret(after_s=2879) == "token-1"
    assert await world.secret(after_s=2) == secret


async def test_an_old_one_that_is_refused_is_replaced_and_a_new_one_is_not() -> None:
    world = World()
    first = await world.issuer.credential()
    assert first.refused is not None
    assert not first.refused(), "it is new"
    world.now_s += 61
    assert first.refused()
    assert first.refused(), "several sessions may have had it"
    second = await world.issuer.credential()
    assert second.secret == "token-2"
    assert second.refused is not None
    assert not second.refused()


async def test_who_stops_waiting_leaves_the_others_waiting() -> None:
    world = World()
    waiting = [asyncio.ensure_future(world.secret()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    assert await waiting[1] == "token-1"
