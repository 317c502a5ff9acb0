from __future__ import annotations

import html
import json
import re

import pytest

from skdictate.audio.pcm import Format
from skdictate.core import changes as ch
from skdictate.core.changes import Gap, Line, Reason, Topic
from skdictate.core.findings import Finding
from skdictate.core.session_state import SessionState
from skdictate.errors import Kind, Problem
from skdictate.output.formats import FORMATS, rendered
from skdictate.output.jsonl import JsonFormat
from skdictate.output.phrases import clock, noted
from skdictate.output.plain_text import TextFormat

SOUND = Format(1000)
LINES = [
    Line(1, "It was the best of times,", 960, 4_728, 1, is_refined=True),
    Line(2, "<b>it</b> was *the* _worst_ & more", 3_600_000, 3_600_100, 1),
]
GAPS = [Gap(5_000, 65_000, Reason.UNRECOGNISED, "of ti"), Gap(70_000, 71_000, Reason.NOT_CAPTURED)]


def test_text_is_a_line_for_each_line_and_gaps_are_seen() -> None:
    assert rendered("text", SOUND, LINES, GAPS) == (
        "It was the best of times,\n"
        "[0:05-1:05 not recognised; last heard: of ti]\n"
        "[1:10-1:11 no sound was captured]\n"
        "<b>it</b> was *the* _worst_ & more\n"
    )


def test_markdown_reads_no_markup_in_what_was_said() -> None:
    text = rendered("md", SOUND, LINES[1:], GAPS[1:])
    assert text == (
        "> **1:10** *no sound was captured*\n\n"
        "**1:00:00** \\<b\\>it\\</b\\> was \\*the\\* \\_worst\\_ & more\n\n"
    )


def test_subtitles_are_numbered_and_can_be_read() -> None:
    assert rendered("srt", SOUND, LINES, GAPS[:1]) == (
        "1\n00:00:00,960 --> 00:00:04,728\nIt was the best of times,\n\n"
        "2\n00:00:05,000 --> 00:01:05,000\n[not recognised; last heard: of ti]\n\n"
        "3\n01:00:00,000 --> 01:00:00,500\n‹b›it‹/b› was *the* _worst_ & more\n\n"
    )


def test_web_subtitles_have_a_signature_and_escape_their_markup() -> None:
    assert rendered("vtt", SOUND, LINES[1:], []) == (
        "WEBVTT\n\n1\n01:00:00.000 --> 01:00:00.500\n"
        "&lt;b&gt;it&lt;/b&gt; was *the* _worst_ &amp; more\n\n"
    )


HARMFUL = [
    "<font color=red>loud</font>",
    "{\\an8}up",
    "{\\b1}bold{y:i}",
    "one\\Ntwo\\hthree",
    "00:00:09,000 --> 00:00:10,000",
    "a < b and c > d",
    "<!-- --!> <v Anna>",
    "&lt;i&gt; & more",
]


COMMANDS = {"srt": r"<[^>]*>?|\{[^}]*\}?|\\[Nnh]|-->", "vtt": r"<[^>]*>?|-->"}
"""What players of each format obey, or take away unread."""


def _players_text(name: str, subtitles: str) -> list[str]:
    """The cues as a player shows them that knows every command."""
    cues = subtitles.removeprefix("WEBVTT\n\n").strip().split("\n\n")
    shown = []
    for cue in cues:
        _, span, *rows = cue.split("\n")
        assert re.fullmatch(r"[\d:,.]+ --> [\d:,.]+", span)
        assert len(rows) == 1
        shown.append(re.sub(COMMANDS[name], "", rows[0]))
    return shown


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_nothing_in_a_text_acts_on_a_player_of_subtitles(name: str) -> None:
    lines = [Line(n, text, 1000 * n, 1000 * n + 900, 1) for n, text in enumerate(HARMFUL, 1)]
    gap = Gap(60_000, 61_000, Reason.UNRECOGNISED, "<i>--> {\\an8}")
    shown = _players_text(name, rendered(name, SOUND, lines, [gap]))
    if name == "vtt":
        assert [html.unescape(text) for text in shown[:-1]] == HARMFUL
        return
    back = str.maketrans({"‹": "<", "›": ">", "(": "{", ")": "}", "∖": "\\", "→": "-->"})
    assert [text.translate(back) for text in shown[:-1]] == HARMFUL
    assert shown[-1] == "[not recognised; last heard: ‹i›→ (∖an8)]"


def test_markdown_shows_entities_formulas_and_attributes_as_they_were_said() -> None:
    said = "&lt;b&gt; &#60; AT&T $x$ {: .big } ~~no~~"
    line = rendered("md", SOUND, [Line(1, said, 0, 1, 1)], []).strip()
    assert line == ("**0:00** \\&lt;b\\&gt; \\&\\#60; AT&T \\$x\\$ \\{: .big \\} \\~\\~no\\~\\~")


FINDING = Finding("class", 2, 2_000, 5_000, "insult: yes 88%", '{"classifier": "insult"}')


def test_what_was_found_is_told_in_its_place_where_it_is_no_part_of_the_text() -> None:
    told = [json.loads(x) for x in rendered("json", SOUND, LINES, GAPS, [FINDING]).splitlines()]
    assert [it["event"] for it in told] == ["refined", "class", "gap", "gap", "final"]
    live = JsonFormat(SOUND).change(ch.FindingMade(FINDING))
    assert (
        json.loads(live)
        == told[1]
        == {
            "v": 1,
            "event": "class",
            "start_ms": 2_000,
            "end_ms": 5_000,
            "link": 2,
            "classifier": "insult",
        }
    )
    assert noted(SOUND, FINDING) == "0:02 insult: yes 88%"


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"json"}))
def test_what_was_found_is_not_in_the_text(name: str) -> None:
    assert rendered(name, SOUND, LINES, GAPS, [FINDING]) == rendered(name, SOUND, LINES, GAPS)
    assert FORMATS[name](SOUND).change(ch.FindingMade(FINDING)) == ""


PROBLEM = Problem(Kind.NETWORK, "Gone", "cut", "wait")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (
            ch.PartialChanged("it was", "the"),
            {"event": "partial", "text": "it was the", "stable": "it was"},
        ),
        (
            ch.LineCommitted(LINES[0]),
            {
                "event": "final",
                "line": 1,
                "text": "It was the best of times,",
                "start_ms": 960,
                "end_ms": 4728,
                "link": 1,
                "confirmed": True,
            },
        ),
        (
            ch.LineRefined(LINES[0]),
            {
                "event": "refined",
                "line": 1,
                "text": "It was the best of times,",
                "start_ms": 960,
                "end_ms": 4728,
                "link": 1,
                "confirmed": True,
            },
        ),
        (
            ch.GapMarked(GAPS[0]),
            {
                "event": "gap",
                "start_ms": 5000,
                "end_ms": 65000,
                "reason": "unrecognised",
                "heard": "of ti",
            },
        ),
        (
            ch.SessionChanged(2, SessionState.OPEN, "s", "r", support="x-request-id 1"),
            {
                "event": "link",
                "link": 2,
                "state": "open",
                "session": "s",
                "request": "r",
                "support": "x-request-id 1",
            },
        ),
        (
            ch.ProblemRaised(Topic.LINK, PROBLEM),
            {
                "event": "problem",
                "kind": "network",
                "title": "Gone",
                "detail": "cut",
                "hint": "wait",
                "permanent": False,
                "support": "",
            },
        ),
    ],
)
def test_json_has_the_fields_that_programs_rely_on(
    change: ch.Change, fields: dict[str, object]
) -> None:
    said = JsonFormat(SOUND).change(change)
    assert said.endswith("\n")
    assert json.loads(said) == {"v": 1, **fields}


def test_json_is_ascii_and_ends_with_the_sums() -> None:
    writer = JsonFormat(SOUND)
    russian = Line(1, "лучшее из времён", 0, 1, 1)
    assert writer.change(ch.LineCommitted(russian)).isascii()
    assert writer.change(ch.Finished()) == ""
    assert json.loads(writer.end(1000, 2, 3, 45)) == {
        "v": 1,
        "event": "end",
        "audio_ms": 1000,
        "lines": 2,
        "links": 3,
        "billed_s": 45,
    }
    assert [json.loads(x)["event"] for x in rendered("json", SOUND, LINES, GAPS).splitlines()] == [
        "refined",
        "gap",
        "gap",
        "final",
    ]


@pytest.mark.parametrize("name", ["text", "srt", "vtt", "md"])
def test_a_line_is_written_when_it_is_settled_so_that_a_pipe_sees_its_last_words(name: str) -> None:
    writer = FORMATS[name](SOUND)
    assert writer.change(ch.LineCommitted(LINES[0])) == ""
    assert writer.change(ch.LineRefined(LINES[0])) == ""
    assert "best of times" in writer.change(ch.LineSettled(LINES[0]))
    assert writer.change(ch.PartialChanged("a", "b")) == ""
    assert writer.end(1, 1, 1, 0) == ""


def test_times_for_people() -> None:
    assert [clock(ms) for ms in (0, 59_999, 65_000, 3_600_000, 36_061_000)] == [
        "0:00",
        "0:59",
        "1:05",
        "1:00:00",
        "10:01:01",
    ]


def test_an_empty_dictation_is_an_empty_text() -> None:
    assert rendered("text", SOUND, [], []) == TextFormat(SOUND).begin() == ""
