"""From settings to what the recogniser is asked for; the wire is tested in tests/wire."""

from __future__ import annotations

import pytest

from skdictate.errors import Exit, ProblemError
from skdictate.settings.config import Settings
from skdictate.speechkit import codec_v3
from skdictate.speechkit.request_options_v3 import PATIENCE, Classifier


def asked(*languages: str, **settings: object) -> codec_v3.Options:
    return codec_v3.Options.of(Settings(**settings), languages)  # type: ignore[arg-type]


def test_without_settings_nothing_more_is_asked_for() -> None:
    assert asked() == codec_v3.Options()


def test_a_detail_beats_the_patience() -> None:
    assert (asked(patience="short").sensitivity, asked(patience="short").max_pause_ms) == (
        PATIENCE["short"]
    )
    it = asked(patience="short", max_pause_ms=1)
    assert (it.sensitivity, it.max_pause_ms) == ("high", 1)
    it = asked(patience="long", eou_sensitivity="high")
    assert (it.sensitivity, it.max_pause_ms) == ("high", 4_000)


def test_the_longer_the_patience_the_longer_the_pause() -> None:
    short, long = PATIENCE["short"][1], PATIENCE["long"][1]
    assert short is not None
    assert long is not None
    assert short < long


def test_languages_are_told_apart_where_there_are_several() -> None:
    assert asked("Auto").labels_languages
    assert asked("Auto").languages == ("auto",)
    assert asked("ru-RU", "en-US").labels_languages
    assert not asked("ru-RU").labels_languages
    assert not asked().labels_languages


def test_a_classifier_has_its_moments() -> None:
    assert Classifier.of("insult") == Classifier("insult", ("utterance",))
    assert Classifier.of("gender:final+partial") == Classifier("gender", ("final", "partial"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"profanity_filter": True, "normalize": False}, "Add --normalize"),
        ({"summarize_model": "gpt://folder/model"}, "Add --summarize"),
    ],
)
def test_what_does_not_go_together_is_said(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ProblemError, match=said) as caught:
        asked(**settings)
    assert caught.value.problem.exit_code is Exit.CONFIG
