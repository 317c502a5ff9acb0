"""The parts of the screen, one by one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.widget import Widget

from skdictate.audio.pcm import SILENCE_DBFS, Format, Level
from skdictate.core.changes import (
    Gap,
    GapMarked,
    Line,
    LineCommitted,
    LineRefined,
    PartialChanged,
    Reason,
    Topic,
)
from skdictate.core.limits import Limits
from skdictate.core.status import Phase, SessionGauge, Status
from skdictate.engine import Outcome
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.tui.actions import ACTIONS, CYRILLIC, bindings
from skdictate.tui.page import Page
from skdictate.tui.widgets.bar import filled, ruled
from skdictate.tui.widgets.gauges import Gauge, Gauges
from skdictate.tui.widgets.header import IDLE, HeaderFacts, StatusHeader
from skdictate.tui.widgets.level_meter import NUMBERS_WIDTH, LevelMeter
from skdictate.tui.widgets.line_wrap import wrapped
from skdictate.tui.widgets.problem_banner import ProblemBanner
from skdictate.tui.widgets.transcript_view import TranscriptView

PROBLEM = Problem(Kind.NETWORK, "Gone", "the [link] is cut", "Wait.")


class Frame(App[None]):
    CSS_PATH = str(files("skdictate.tui") / "style.tcss")

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def rows(app: App[Any]) -> list[str]:
    """The rows of the screen that hold text, without the margin on the left."""
    strips = app.screen._compositor.render_strips()
    texts = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    margin = 1 if all(text.startswith(" ") for text in texts if text) else 0
    return [text[margin:] for text in texts if text]


def line(number: int, text: str, start: int = 0) -> Line:
    return Line(number, text, start, start + 1000, 1)


@pytest.mark.parametrize("share", [-1, 0, 0.01, 0.5, 0.999, 1, 7])
@pytest.mark.parametrize("width", [1, 4, 37])
def test_bars_are_as_wide_as_they_should(share: float, width: int) -> None:
    for bar in (filled, ruled):
        text, rest = bar(share, width)
        assert cell_len(text + rest) == width
    assert filled(1, 3) == ("███", "")
    assert ruled(0, 3) == ("", "━━━")


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("it was the best", 8, ["it was", "the best"]),
        ("incomprehensibilities", 8, ["incompre", "hensibil", "ities"]),
        ("a incomprehensible b", 8, ["a", "incompre", "hensible", "b"]),
        ("世界世界", 5, ["世界", "世界"]),
        ("", 8, [""]),
        ("word", 1, ["w", "o", "r", "d"]),
    ],
)
def test_text_is_wrapped_to_cells(text: str, width: int, expected: list[str]) -> None:
    assert wrapped(text, width) == expected


async def test_lines_have_their_times_and_the_partial_its_two_parts() -> None:
    transcript = TranscriptView()
    app = Frame(transcript)
    async with app.run_test(size=(52, 9)):
        transcript.begin("demo")
        transcript.commit(line(1, "It was the best of times, it was the worst of times."), 65_000)
        transcript.mark(Gap(0, 1, Reason.UNRECOGNISED, "of"), 70_000, 80_000)
        transcript.guess(PartialChanged("it was", "the age"))
        assert rows(app)[:5] == [
            "   1:05  It was the best of times, it was the",
            "         worst of times.",
            "   1:10  [not recognised; last heard: of (1:10 to",
            "         1:20)]",
            "      …  it was the age",
        ]
        styles = [s.style for s in transcript.render_line(4) if s.text in ("it was", " the age")]
        assert len(set(map(str, styles))) == 2
        transcript.begin("again")
        assert rows(app)[4].startswith("── again ────")


async def test_a_refinement_takes_the_place_of_its_line() -> None:
    transcript = TranscriptView()
    app = Frame(transcript)
    async with app.run_test(size=(32, 9)):
        for number in (1, 2, 3):
            transcript.commit(line(number, f"line {number}"), 0)
        transcript.refine(line(2, "line two is much longer than it was before"))
        transcript.refine(line(9, "never was"))
        assert rows(app)[:4] == [
            "line 1",
            "line two is much longer than",
            "it was before",
            "line 3",
        ]
        transcript.refine(line(2, "short"))
        assert rows(app)[:3] == ["line 1", "short", "line 3"]


async def test_it_follows_the_end_unless_one_has_scrolled_back() -> None:
    transcript = TranscriptView()
    app = Frame(transcript)
    async with app.run_test(size=(52, 6)) as pilot:
        for number in range(1, 21):
            transcript.commit(line(number, f"line {number}"), 0)
        assert "line 20" in rows(app)[-1]
        transcript.focus()
        await pilot.press("home")
        await pilot.pause(0.3)
        transcript.commit(line(21, "line 21"), 0)
        await pilot.pause()
        assert "line 1" in rows(app)[0]
        await pilot.press("end")
        await pilot.pause(0.3)
        transcript.commit(line(22, "line 22"), 0)
        await pilot.pause()
        assert "line 22" in rows(app)[-1]


async def test_another_width_wraps_anew_and_a_clean_page_is_empty() -> None:
    transcript = TranscriptView()
    app = Frame(transcript)
    async with app.run_test(size=(62, 7)) as pilot:
        transcript.commit(line(1, "one two three four five six seven eight nine ten"), 0)
        assert transcript.has_text
        assert len(rows(app)) == 1
        await pilot.resize_terminal(22, 7)
        assert len(rows(app)) == 3
        transcript.clear()
        assert not transcript.has_text
        assert not rows(app)


async def test_what_was_said_is_never_read_as_markup() -> None:
    transcript, banner = TranscriptView(), ProblemBanner()
    hostile = "[/] [bold] [@click=app.quit]x[/] [/"
    app = Frame(transcript)
    async with app.run_test(size=(90, 6)):
        transcript.commit(line(1, hostile), 0)
        transcript.guess(PartialChanged(hostile, hostile))
        assert hostile in rows(app)[0]
    app = Frame(banner)
    async with app.run_test(size=(180, 6)) as pilot:
        banner.raised(Topic.LINK, Problem(Kind.NETWORK, hostile, hostile, hostile))
        await pilot.pause()
        assert hostile in rows(app)[0]


async def test_the_banner_shows_the_gravest_problem_and_its_countdown() -> None:
    banner = ProblemBanner()
    app = Frame(banner)
    async with app.run_test(size=(100, 6)) as pilot:
        banner.raised(Topic.SEND, Problem(Kind.NETWORK, "Slow"))
        banner.raised(Topic.LINK, PROBLEM)
        banner.retry_in_s = 3
        await pilot.pause()
        assert rows(app)[0] == ("! Gone: the [link] is cut. Wait. Next try in 3 s, or press r.")
        banner.cleared(Topic.LINK)
        await pilot.pause()
        assert "Slow" in rows(app)[0]
        banner.forget()
        await pilot.pause()
        assert banner.problem is None
        assert not rows(app)


async def test_identifiers_for_support_crowd_no_key_out_of_the_banner() -> None:
    banner = ProblemBanner()
    app = Frame(banner)
    ids = ", ".join(f"x-request-id-{n} 922ab79f-6f53-4e34-8621-e1a753c6d474" for n in range(6))
    async with app.run_test(size=(80, 24)) as pilot:
        hint = "Check SKDICTATE_API_KEY; a key belongs to one installation of the cloud."
        banner.raised(Topic.LINK, Problem(Kind.CREDENTIALS, "Refused", "No", hint, support=ids))
        banner.retry_in_s = 3
        await pilot.pause()
        said = " ".join(rows(app))
        assert "Press k to sign in with a key." in said
        assert "Next try in 3 s, or press r. For support: x-request-id-0" in said


@pytest.mark.parametrize(
    ("level", "held_dbfs", "expected"),
    [
        (Level(), SILENCE_DBFS, "−∞ dBFS   peak   −∞"),
        (Level(-30, -20), -18, "−30 dBFS   peak  −18"),
        (Level(-5, 0, is_clipped=True), 0, "TOO LOUD, CLIPPING"),
    ],
)
async def test_the_meter_tells_the_truth(level: Level, held_dbfs: float, expected: str) -> None:
    meter = LevelMeter()
    app = Frame(meter)
    async with app.run_test(size=(NUMBERS_WIDTH + 61, 3)) as pilot:
        meter.level, meter.held_dbfs = level, held_dbfs
        await pilot.pause()
        row = rows(app)[0]
        assert expected in row
        assert row.count("█") == max(0, int((level.rms_dbfs + 60) / 60 * 60))


def status(**fields: Any) -> Status:
    base: dict[str, Any] = {
        "phase": Phase.LISTENING,
        "recorded_s": 61.0,
        "unsent_s": 0.2,
        "unsettled_s": 1.0,
        "limits": Limits(),
        "session": SessionGauge(2, 250.0, 8_000_000, 0.25),
        "n_sessions": 2,
        "billed_s": 75,
        "n_lines": 3,
        "retry_in_s": None,
        "problems": (),
    }
    return Status(**{**base, **fields})


async def test_the_gauges_show_what_is_used_of_a_session() -> None:
    gauges = Gauges()
    app = Frame(gauges)
    async with app.run_test(size=(90, 5)) as pilot:
        gauges.show(status())
        await pilot.pause()
        assert rows(app)[0].split("  ")[0] == "Audio 4:10 of 5:00"
        assert "Data 8.0 of 10 MB" in rows(app)[0]
        assert "Last message 0.2 of 5 s" in rows(app)[0]
        assert app.query_one("#audio", Gauge).share == pytest.approx(0.833)
        gauges.show(None)
        await pilot.pause()
        assert "Audio 0:00 of 5:00" in rows(app)[0]


@pytest.mark.parametrize("width", [30, 80])
async def test_the_header_says_who_listens_to_what(width: int) -> None:
    header = StatusHeader()
    app = Frame(header)
    facts = HeaderFacts(IDLE, names=("demo", "Moonshine", "en-US"), billing="nothing billed")
    async with app.run_test(size=(width, 3)) as pilot:
        header.facts = facts.while_running(
            status(phase=Phase.RECONNECTING, unsent_s=12.0), overruns=2
        )
        await pilot.pause()
        first, second = rows(app)[:2]
        assert first.startswith("◎ Reconnecting, still")
        assert first.endswith("1:01")
        assert second.startswith("dem")
        assert second.endswith("1:15 billed")
        assert max(len(first), len(second)) <= width - 2
        header.facts = facts.after(Outcome(3, 1, 2, 61_000, 75, None), 12)
        await pilot.pause()
        assert rows(app)[0].startswith("✓ Saved as dictation 12")


def test_after_nothing_it_is_simply_ready() -> None:
    facts = HeaderFacts(billing="nothing billed").after(Outcome(0, 0, 0, 0, 0, None), None)
    assert (facts.state, facts.note, facts.billing) == (IDLE, "", "nothing billed")
    two = HeaderFacts().after(Outcome(0, 2, 0, 0, 0, None), 1)
    assert two.note == "Saved as dictation 1, 2 parts not recognised"


def test_a_page_holds_dictations_until_the_next_page() -> None:
    page = Page()
    assert page.is_empty
    sound = Format(1000)
    page.begin(sound)
    page.apply(LineCommitted(line(1, "it was", 0)))
    page.apply(LineRefined(line(1, "It was.", 0)))
    page.begin(sound)
    page.apply(GapMarked(Gap(0, 1000, Reason.NOT_CAPTURED)))
    page.apply(LineCommitted(line(1, "Again.", 2000)))
    page.apply(PartialChanged("a", "b"))
    assert page.n_lines == 2
    assert page.text("text") == "It was.\n\n[0:00-0:01 no sound was captured]\nAgain.\n"


def test_a_page_is_saved_to_one_file_however_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = Page()
    page.begin(Format(1000))
    page.apply(LineCommitted(line(1, "Once.", 0)))
    path = page.save("text", "")
    page.apply(LineCommitted(line(2, "Twice.", 1000)))
    assert page.save("text", "") == path
    assert [found.read_text() for found in tmp_path.iterdir()] == ["Once.\nTwice.\n"]
    assert path.name == f"dictation-{page.begun_at:%Y-%m-%d-%H%M%S}.txt"
    given = tmp_path / "given.md"
    assert Page().save("md", str(given)) == given
    with pytest.raises(ProblemError, match="cannot be saved"):
        Page().save("md", str(tmp_path / "no" / "folder"))


def test_every_letter_has_its_twin_on_the_russian_keyboard() -> None:
    keys = {binding.key for binding in bindings()}
    for action in ACTIONS:
        if len(action.key) == 1 and action.key.isalpha():
            twin = CYRILLIC[action.key]
            assert {action.key, twin, action.key.upper(), twin.upper()} <= keys
    assert CYRILLIC["q"] == "й"
    assert CYRILLIC["."] == "ю"


def test_the_footer_fits_a_usual_terminal_while_one_dictates() -> None:
    hidden = {"begin", "talk", "finish", "resume", "end_utterance", "new", "copy"}
    shown = [it for it in ACTIONS if it.in_footer and not it.is_for_rest and it.id not in hidden]
    assert sum(len(f" {action.key} {action.label} ") for action in shown) <= 80


def test_the_footer_shows_each_action_once() -> None:
    shown = [binding.action for binding in bindings() if binding.show]
    assert shown == [action.id for action in ACTIONS if action.in_footer]
