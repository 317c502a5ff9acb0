"""The thread behind the thread: orders in turn, and words of what came of them."""

from __future__ import annotations

import queue
from dataclasses import replace

import pytest

from skdictate.app.factory import Factory
from skdictate.app.reprocess_queue import (
    ReprocessCrashed,
    Reprocessed,
    ReprocessOrder,
    ReprocessQueue,
    ReprocessRefused,
    UnfinishedFound,
    Word,
)
from skdictate.core.changes import Gap, Reason
from skdictate.library.reprocess_ranges import TextSelection
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from tests.app.test_reprocess import ALL, N_SAMPLES, THIRD, keep, kept
from tests.faults.counting import Ear
from tests.support.number_recogniser import numbers

REST = Gap(THIRD, N_SAMPLES, Reason.UNFINISHED)


class Room:
    """A reprocessing queue, and the events it has sent."""

    def __init__(self, paths: Paths) -> None:
        self.words: queue.Queue[Word] = queue.Queue()
        self.asked: list[Settings] = []
        self._paths = paths
        self.queue = ReprocessQueue(paths, self._build, self.words.put)

    def _build(self, settings: Settings) -> Factory:
        self.asked.append(settings)
        factory = Factory(settings, self._paths, {})
        factory.backend.limits = replace(factory.backend.limits, catch_up=float("inf"))
        return factory

    def next(self) -> Word:
        return self.words.get(timeout=30)


def test_orders_are_done_in_turn_and_in_the_language_of_the_dictation(paths: Paths) -> None:
    keep(paths, ALL[:1], (REST,))
    it = Room(paths)
    with Ear() as ear:
        settings = Settings(endpoint=ear.endpoint, plaintext=True, language=("ru-RU",))
        it.queue.check_library(settings)
        stood = it.next()
        assert isinstance(stood, UnfinishedFound)
        assert [each.dictation_id for each in stood.found.unfinished] == [1]
        it.queue.submit(
            settings,
            ReprocessOrder(1, TextSelection.missing),
            ReprocessOrder(7, TextSelection.missing),
            ReprocessOrder(1, TextSelection.whole, language=("en-GB",)),
        )
        assert it.queue.is_busy
        first, second, third = it.next(), it.next(), it.next()
        it.queue.close(5)
    assert isinstance(first, Reprocessed)
    assert isinstance(second, ReprocessRefused)
    assert "none with number 7" in second.problem.detail
    assert isinstance(third, Reprocessed)
    assert [each.language for each in it.asked] == [("en-US",), ("en-GB",)]
    assert numbers(kept(paths).text) == list(range(1, 31))
    assert not it.queue.is_busy


def test_the_embedded_one_is_another_place(paths: Paths) -> None:
    keep(paths, ALL)
    it = Room(paths)
    path = paths.recordings / "a.wav"
    path.unlink()
    it.queue.submit(
        Settings(endpoint="unix:/nowhere/s", plaintext=True),
        ReprocessOrder(1, TextSelection.whole, engine="local"),
    )
    word = it.next()
    assert isinstance(word, ReprocessRefused)
    assert word.problem.title == "The recording is gone"
    assert (it.asked[0].engine, it.asked[0].endpoint) == ("local", "")


def test_stopping_takes_back_what_waits(paths: Paths) -> None:
    keep(paths, ALL[:1], (REST,))
    it = Room(paths)
    nobody = Settings(endpoint="unix:/nowhere/s", plaintext=True)
    it.queue.pause()
    it.queue.submit(
        nobody, ReprocessOrder(1, TextSelection.missing), ReprocessOrder(1, TextSelection.whole)
    )
    while it.queue.at is None:
        pass
    it.queue.resume()
    it.queue.stop()
    word = it.next()
    assert isinstance(word, Reprocessed)
    assert (word.report.n_replaced, word.report.problem is None) == (0, False)
    it.queue.close(5)
    assert it.words.empty()
    assert kept(paths).unrecognised == (REST,)


def test_a_mistake_of_ours_is_not_hidden(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(paths, ALL)
    it = Room(paths)

    def broken(settings: Settings) -> Factory:
        raise RuntimeError("a mistake")

    queue = ReprocessQueue(paths, broken, it.words.put)
    queue.submit(Settings(), ReprocessOrder(1, TextSelection.whole))
    word = it.next()
    assert isinstance(word, ReprocessCrashed)
    assert isinstance(word.error, RuntimeError)


def test_a_library_that_cannot_be_used_is_said(paths: Paths) -> None:
    paths.library.parent.mkdir(parents=True)
    paths.library.mkdir()
    it = Room(paths)
    it.queue.check_library(Settings())
    assert isinstance(it.next(), ReprocessRefused)
