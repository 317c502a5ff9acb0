"""The test that matters most: no schedule of mishaps loses, doubles or disorders a number."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from skdictate.core.limits import Limits
from tests.core.world import GONE, REFUSED, Manners, World

SMALL_INT = st.integers(0, 2**32 - 1)


class EchoMachine(RuleBasedStateMachine):
    """Everything that can happen to a dictation, in any order."""

    @initialize(
        seed=SMALL_INT,
        limits=st.sampled_from([(10.0, 10_000_000), (60.0, 30_000), (60.0, 10_000_000)]),
        catch_up=st.sampled_from([1.5, 4.0, float("inf")]),
        has_words=st.booleans(),
        refines=st.booleans(),
        partials=st.booleans(),
        cursors=st.booleans(),
        delay_s=st.sampled_from([0.0, 0.3, 3.0]),
        hangover=st.sampled_from([0, 100, 250]),
    )
    def begin(
        self,
        seed: int,
        limits: tuple[float, int],
        catch_up: float,
        has_words: bool,
        refines: bool,
        partials: bool,
        cursors: bool,
        delay_s: float,
        hangover: int,
    ) -> None:
        self.is_paused = False
        self.has_words = has_words
        # Without word times only a pause can be cut: a session has to be longer than an utterance.
        session_s, session_bytes = limits if has_words else (60.0, 10_000_000)
        self.world = World(
            seed,
            Limits(session_s=session_s, session_bytes=session_bytes, catch_up=catch_up),
            Manners(has_words, refines, partials, cursors, delay_s, hangover),
        )

    @precondition(lambda self: not self.is_paused)
    @rule(n=st.integers(1, 30), gap=st.integers(0, 150), pause=st.integers(0, 2500))
    def speak(self, n: int, gap: int, pause: int) -> None:
        if not self.has_words:  # without word times only a pause can be cut without loss
            n, pause = min(n, 8), max(pause, 400)
        self.world.speak(n, gap=gap, pause=pause)

    @precondition(lambda self: not self.is_paused)
    @rule(n=st.integers(1, 8), seconds=st.floats(1.0, 12.0))
    def speak_while_the_source_stands_still(self, n: int, seconds: float) -> None:
        self.world.stands_still_s = seconds
        self.world.speak(n, gap=50, pause=500)

    @precondition(lambda self: not self.is_paused)
    @rule(length=st.integers(1000, 30_000))
    def be_silent(self, length: int) -> None:
        self.world.record(length)

    @rule(seconds=st.floats(0.01, 20.0))
    def stall(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule()
    def cut(self) -> None:
        self.world.cut()

    @rule()
    def die(self) -> None:
        """All connections are dead, and nobody is told."""
        for session in self.world.sessions.values():
            session.outbox.clear()
            session.is_dead = True

    @precondition(lambda self: not self.is_paused)
    @rule(length=st.integers(1, 20_000))
    def lose(self, length: int) -> None:
        self.world.lose(length)

    @rule(n=st.integers(1, 6), later=st.integers(0, 20))
    def tear(self, n: int, later: int) -> None:
        self.world.tear(n, later)

    @rule()
    def pause_or_resume(self) -> None:
        self.is_paused = not self.is_paused
        if self.is_paused:
            self.world.dictation.pause(self.world.now_s)
        else:
            self.world.dictation.resume(self.world.now_s)
        self.world.settle()

    @rule(problem=st.sampled_from([None, GONE, REFUSED]))
    def weather(self, problem: object) -> None:
        self.world.refuse = problem  # type: ignore[assignment]
        if problem is None:
            self.world.dictation.retry(self.world.now_s)
            self.world.settle()

    @rule(is_mute=st.booleans())
    def deafen(self, is_mute: bool) -> None:
        self.world.is_mute = is_mute

    @rule()
    def end_sentence(self) -> None:
        self.world.dictation.end_utterance(self.world.now_s)
        self.world.settle()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.finish()
        self.world.check()


EchoMachine.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestEcho = pytest.mark.filterwarnings("default")(EchoMachine.TestCase)
