"""The thread behind the screen: commands in any order, news in the right one."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from skdictate.app.factory import Factory
from skdictate.app.worker import Worker
from skdictate.app.worker_events import (
    Began,
    Broken,
    Changed,
    Ended,
    Failed,
    Ready,
    WorkerEvent,
    WorkerView,
)
from skdictate.core.changes import LineCommitted, ProblemRaised, SessionChanged
from skdictate.core.status import Phase
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.settings.config import Settings
from skdictate.settings.remembered import RememberedMicrophone
from skdictate.system.paths import Paths

T = TypeVar("T")
PATIENCE_S = 60.0
"""For the last words of a recogniser that has a busy machine; what is not busy takes a moment."""


class Screen:
    """What a screen would be told."""

    def __init__(self, settings: Settings, paths: Paths) -> None:
        self.news: queue.Queue[WorkerEvent] = queue.Queue()
        self.settings = settings
        """May be changed; they count when the studio is built anew."""
        self.worker = Worker(lambda: Factory(self.settings, paths, {}), self.news.put)

    def until_shown(self, is_it: Callable[[WorkerView], bool]) -> None:
        """Wait until the gauges show it; for no longer than the dictation lasts."""
        while not ((view := self.worker.view) and is_it(view)):
            with suppress(queue.Empty):
                assert not isinstance(self.news.get(timeout=0.01), Ended)

    def next(self, kind: type[T]) -> T:
        """The next news of a kind, within half a minute."""
        while True:
            news = self.news.get(timeout=30)
            if isinstance(news, kind):
                return news


def test_dictation_after_dictation(paths: Paths, beckett: Path) -> None:
    screen = Screen(Settings(source=f"file:{beckett}", speed=4.0), paths)
    screen.worker.begin()  # too early: ignored
    screen.worker.start()
    ready = screen.next(Ready)
    assert (ready.source, ready.place, ready.is_local) == ("beckett.wav", "this machine", True)
    for _ in range(2):
        screen.worker.begin()
        assert screen.next(Began).rate_hz == 16_000
        screen.worker.begin()  # one at a time
        outcome = screen.next(Ended).outcome
        assert outcome.n_lines >= 4
        assert screen.worker.view is None
    screen.worker.stop()
    screen.worker.pause()
    assert screen.worker.close(PATIENCE_S)
    assert screen.news.empty()


def test_the_view_shows_what_goes_on(paths: Paths, two_cities: Path) -> None:
    screen = Screen(Settings(source=f"file:{two_cities}", speed=1.0), paths)
    screen.worker.start()
    screen.next(Ready)
    screen.worker.begin()
    screen.until_shown(
        lambda view: (
            view.status.phase is Phase.LISTENING
            and view.status.session is not None
            and view.held_dbfs > -60
        )
    )
    screen.worker.pause()
    screen.until_shown(lambda view: view.is_paused)
    screen.worker.resume()
    screen.until_shown(lambda view: not view.is_paused)
    screen.worker.retry()
    screen.worker.stop()
    assert screen.next(Ended).outcome.n_gaps == 0
    assert screen.worker.close(PATIENCE_S)


def test_what_is_stopped_before_it_has_begun_ends_as_soon_as_it_has(
    paths: Paths, two_cities: Path
) -> None:
    screen = Screen(Settings(source=f"file:{two_cities}", speed=0.5), paths)
    screen.worker.start()
    screen.next(Ready)
    screen.worker.renew()
    screen.worker.begin()
    screen.worker.stop()  # the studio is built anew meanwhile
    screen.next(Began)
    assert screen.next(Ended).outcome.audio_ms < 1_000
    screen.worker.stop()  # nothing runs: not meant for the next one
    screen.worker.begin()
    while not isinstance(screen.next(Changed).change, LineCommitted):
        pass
    screen.worker.stop()
    assert screen.next(Ended).outcome.audio_ms > 1_000
    assert screen.worker.close(PATIENCE_S)


def test_leaving_while_it_runs_keeps_what_was_said(paths: Paths, two_cities: Path) -> None:
    screen = Screen(Settings(source=f"file:{two_cities}", speed=2.0), paths)
    screen.worker.start()
    screen.next(Ready)
    screen.worker.begin()
    while not isinstance(screen.next(Changed).change, LineCommitted):
        pass
    assert screen.worker.close(PATIENCE_S)
    ended = screen.next(Ended)
    assert ended.outcome.n_lines >= 1
    assert ended.dictation_id == 1


def test_leaving_without_an_answer_leaves_a_gap_in_time(paths: Paths, beckett: Path) -> None:
    settings = Settings(source=f"file:{beckett}", endpoint="127.0.0.1:9", plaintext=True)
    screen = Screen(settings, paths)
    screen.worker.start()
    screen.next(Ready)
    screen.worker.begin()
    while not isinstance(screen.next(Changed).change, SessionChanged):
        pass
    began_s = time.monotonic()
    assert screen.worker.close(0.5)
    assert time.monotonic() - began_s < 3
    assert screen.next(Ended).outcome.n_gaps == 1


def test_settings_that_do_not_go_together_are_told(paths: Paths) -> None:
    screen = Screen(Settings(engine="speechkit"), paths)
    screen.worker.start()
    assert screen.next(Failed).problem.kind is Kind.CREDENTIALS
    screen.worker.begin()
    assert screen.worker.close(10)


def test_a_source_that_cannot_be_is_told_and_another_try_is_free(paths: Paths) -> None:
    screen = Screen(Settings(source="nonsense"), paths)
    screen.worker.start()
    screen.next(Ready)
    for _ in range(2):
        screen.worker.begin()
        assert "no such source" in screen.next(Failed).problem.title
    assert screen.worker.close(10)


def test_leaving_at_once_is_possible(paths: Paths) -> None:
    screen = Screen(Settings(source="demo"), paths)
    screen.worker.start()
    assert screen.worker.close(PATIENCE_S)


def test_other_settings_count_from_the_next_dictation(paths: Paths, beckett: Path) -> None:
    screen = Screen(Settings(source=f"file:{beckett}", endpoint="unix:/nowhere"), paths)
    screen.worker.start()
    assert screen.next(Ready).engine == "SpeechKit v3"
    screen.worker.begin()
    assert screen.next(Began).rate_hz == 16_000
    screen.settings = replace(screen.settings, rate=8_000, api="v2")
    screen.worker.renew()
    screen.worker.renew()
    while not isinstance(screen.next(Changed).change, ProblemRaised):
        pass
    screen.worker.abandon()
    assert screen.next(Ended).outcome.n_gaps == 1
    assert screen.next(Ready).engine == "SpeechKit v2"
    screen.worker.begin()
    assert screen.next(Began).rate_hz == 8_000
    screen.worker.abandon()
    screen.next(Ended)
    assert screen.worker.close(PATIENCE_S)
    assert screen.news.empty()


def test_settings_that_were_wrong_can_be_mended(paths: Paths) -> None:
    screen = Screen(Settings(engine="speechkit"), paths)
    screen.worker.start()
    screen.next(Failed)
    screen.worker.choose(RememberedMicrophone("yeti"))  # there is nothing yet to choose it for
    screen.worker.begin()
    assert screen.next(Failed).problem.kind is Kind.CREDENTIALS
    screen.settings = Settings(endpoint="unix:/nowhere", source="nonsense")
    screen.worker.begin()
    screen.next(Ready)
    assert "no such source" in screen.next(Failed).problem.title
    screen.settings = Settings(engine="local", endpoint="unix:/nowhere")
    screen.worker.renew()
    assert screen.next(Failed).problem.kind is Kind.CONFIG
    assert screen.worker.close(PATIENCE_S)


@pytest.mark.parametrize("error", [RuntimeError("a mistake"), KeyboardInterrupt()])
def test_a_mistake_of_ours_reaches_the_screen(error: BaseException) -> None:
    news: queue.Queue[WorkerEvent] = queue.Queue()

    def build() -> Factory:
        raise error

    worker = Worker(build, news.put)
    worker.start()
    broken = news.get(timeout=5)
    assert isinstance(broken, Broken)
    assert broken.error is error


def test_a_problem_while_building_is_told_in_words() -> None:
    news: queue.Queue[WorkerEvent] = queue.Queue()
    problem = Problem(Kind.CONFIG, "wrong")

    def build() -> Factory:
        raise ProblemError(problem)

    worker = Worker(build, news.put)
    worker.start()
    assert news.get(timeout=5) == Failed(problem)
