"""What is found beside the text, where a person would look for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from skdictate.audio.pcm import Format
from skdictate.core.changes import FindingMade
from skdictate.core.findings import (
    Classified,
    Conversed,
    Finding,
    FindingRange,
    Found,
    Interrupted,
    Label,
    Labelled,
    Spoken,
    Statistics,
    Summarised,
    Warned,
    Window,
)
from skdictate.output.findings_text import chapters, n_told
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from skdictate.tui.app import DictateApp
from skdictate.tui.screens.findings_screen import FindingsScreen
from skdictate.tui.widgets.transcript_view import TranscriptView
from tests.screenshots import until
from tests.support.findings_server import telling
from tests.support.number_recogniser import EchoRecogniser, count, write
from tests.tui.test_widgets import Frame, line, rows

SOUND = Format(1000)
HOSTILE = "[/] [bold]x[/] [@click=app.quit]"


def found(what: Found, start: int = 0, end: int = 1000, session: int = 1) -> Finding:
    return Finding.of(what, session, start, end, lambda ms: ms)


def insult(score: float, phrase: str = "") -> Classified:
    labels = (Label("yes", score), Label("no", 1 - score))
    phrases = (FindingRange(0, 1, phrase),) if phrase else ()
    return Classified(0, 1, Window.FINAL, "insult", labels, phrases)


async def test_marks_stand_below_their_line_and_are_never_read_as_markup() -> None:
    transcript = TranscriptView()
    app = Frame(transcript)
    async with app.run_test(size=(82, 9)) as pilot:
        await pilot.pause()
        transcript.commit(line(1, "It was the best of times"), 0)
        transcript.commit(line(2, "It was the worst of times", 1000), 1000)
        transcript.apply(FindingMade(found(insult(0.9, HOSTILE), 1000, 2000)), SOUND)
        transcript.apply(FindingMade(found(Labelled(0, 1, "1"), 0, 1000)), SOUND)
        transcript.apply(FindingMade(found(Summarised(("so",)))), SOUND)
        await pilot.pause()
        assert rows(app) == [
            "   0:00  It was the best of times",
            "         ↳ speaker 1",
            "   0:01  It was the worst of times",
            f"         ↳ insult: yes 90% ({HOSTILE})",
        ]
        transcript.refine(line(1, "It was the best of times " * 4))
        assert rows(app)[2] == "         ↳ speaker 1"
        await pilot.resize_terminal(30, 12)
        await pilot.pause()
        assert [row for row in rows(app) if "↳" in row] == ["↳ speaker 1", "↳ insult: yes 90% ([/]"]
        transcript.begin("again")
        transcript.apply(FindingMade(found(Labelled(0, 1, "2"), 0, 1000)), SOUND)
        transcript.commit(line(1, "Once more"), 0)
        await pilot.pause()
        assert rows(app)[-1].startswith("↳ speaker 2"), (
            "of this dictation, though it came before the line"
        )


def test_the_rest_is_told_by_what_it_is() -> None:
    spoken: dict[str, Any] = {"speech_ms": 800, "speech_ratio": 0.8, "n_words": 2, "n_letters": 6}
    rates = Statistics(1.5, 2.5, 2.0)
    total = Spoken(0, 1, Window.TOTAL, "1", words_per_second=rates, **spoken)
    old = Spoken(0, 1, Window.TOTAL, "1")
    talk = Conversed(0, 1, 800, 0.8, interrupted=(Interrupted("2", 3, 1500),))
    findings = [
        found(Warned("slow")),
        found(Summarised(("Nothing.", "Much."), 10, 3, 13), 0, 65_000),
        found(old),
        found(Spoken(0, 1, Window.UTTERANCE, "1")),
        found(total),
        found(talk),
        found(Labelled(0, 1, "1")),
        found(insult(0.875), 62_000, 63_000),
    ]
    told = {chapter.title: chapter.entries for chapter in chapters(SOUND, findings)}
    assert list(told) == [
        *("Summaries", "Conversation", "Speakers", "Classifiers"),
        "Warnings of the recogniser",
    ]
    summaries = [(it.time, it.words, dict(it.facts)) for it in told["Summaries"]]
    assert summaries == [
        ("0:00–1:05", "Nothing.", {}),
        ("0:00–1:05", "Much.", {"tokens": "13 (10 in, 3 out)"}),
    ]
    (speaker,) = told["Speakers"]
    facts = dict(speaker.facts)
    assert (speaker.words, facts["speech"], facts["letters"]) == ("speaker 1", "0.8 s, 80%", "6")
    assert facts["words/second"] == "2.0 (1.5 to 2.5)"
    assert "words/utterance" not in facts
    (conversation,) = told["Conversation"]
    assert dict(conversation.facts)["interrupted"] == "speaker 2 3 times, 1.5 s"
    assert [(it.time, it.words) for it in told["Classifiers"]] == [
        ("1:02", "insult: yes 88%, no 12%")
    ]
    assert told["Warnings of the recogniser"][0].words == "slow"
    assert n_told(findings) == len(findings) - 1


@pytest.mark.parametrize(
    "kind", [Summarised(()), Conversed(0, 1), Spoken(0, 1, Window.UTTERANCE, "")]
)
def test_what_says_nothing_is_no_trouble(kind: Found) -> None:
    (chapter,) = chapters(SOUND, [found(kind)])
    assert len(chapter.entries) == 1


async def test_a_dictation_shows_what_is_found_as_it_comes(paths: Paths, tmp_path: Path) -> None:
    sound = Format(16_000)
    path = write(tmp_path / "numbers.wav", count(1, 6, sound, gap_s=0, pause_s=0.6, run=3), sound)
    async with telling(paths, EchoRecogniser()) as endpoint:
        settings = Settings(
            source=f"file:{path}",
            speed=4.0,
            endpoint=endpoint.target,
            classifier=("insult",),
            speech_analysis=True,
            speaker_labelling=True,
            summarize=f"What? {HOSTILE}",
            summarize_model="gpt://folder/name",
        )
        app = DictateApp(settings, paths)
        async with app.run_test(size=(80, 40)) as pilot:
            await until(
                lambda: app.main_screen.page.n_lines == 2 and not app.dictation_control.is_dictating
            )
            await until(lambda: app.check_action("findings", ()) is True)
            shown = "\n".join(rows(app))
            assert "0:00  1 2 3" in shown
            assert "↳ speaker 1 · insult: no 92%" in shown
            assert "↳ speaker 2 · insult: no 92%" in shown
            await pilot.press("а")
            assert isinstance(app.screen, FindingsScreen)
            words = str(app.screen.query_one(Static).content)
            assert f"2 sentences of 6 words; asked: What? {HOSTILE}" in words
            titles = ("Summaries", "speaker 2", "words/second", "insult: yes 8%")
            for said in (*titles, "Speaker and language"):
                assert said in words
            await pilot.press("f")
            assert app.screen_stack == [app.main_screen]
            assert '"event": "summary"' in app.main_screen.page.text("json")
            await pilot.press("n")
            assert app.check_action("findings", ()) is False
        await asyncio.to_thread(app.worker.close, 5.0)
