"""Findings on a page: marks, width, commands that can be copied, nothing that acts."""

from __future__ import annotations

import io
import json
from collections import Counter

import pytest

from skdictate.doctor.check_report import JsonReport, TextReport
from skdictate.doctor.check_result import CheckResult, CheckState

LONG = CheckResult(
    "microphone",
    CheckState.FAILED,
    "There is no such microphone: 'Röde'; there are: Blue Yeti, Monitor of Null Output",
    "Restart it: systemctl --user restart pipewire pipewire-pulse pulseaudio",
)
HOSTILE = CheckResult(
    "x", CheckState.WARNING, "a\x1b]52;c;eA==\x07b\nc", "d\x9b2J\ncat \x1b[31mfile"
)


def text_of(*findings: CheckResult, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding, errors="replace", newline="")
    report = TextReport(out)
    for finding in findings:
        report.add(finding)
    report.end(Counter(finding.state for finding in findings))
    return raw.getvalue().decode(encoding)


def test_lines_are_wrapped_and_commands_are_not() -> None:
    assert text_of(LONG) == (
        "✗ microphone    There is no such microphone: 'Röde'; there are: Blue Yeti,\n"
        "                Monitor of Null Output\n"
        "                Restart it:\n"
        "                  systemctl --user restart pipewire pipewire-pulse pulseaudio\n"
        "1 failed.\n"
    )


def test_a_short_command_stays_where_it_is_said() -> None:
    said = text_of(
        CheckResult("a", CheckState.WARNING, "b", "See what is there: skdictate devices")
    )
    assert said == f"! {'a':<14}b\n{'':16}See what is there: skdictate devices\n1 warning.\n"


def test_well_is_said_shortly() -> None:
    said = text_of(CheckResult("a", CheckState.OK, "b"), CheckResult("c", CheckState.SKIPPED, "d"))
    assert said == f"✓ {'a':<14}b\n- {'c':<14}d\nNo problems found.\n"


@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1", "koi8-r"])
def test_an_output_without_the_marks_gets_others(encoding: str) -> None:
    said = text_of(LONG, CheckResult("a", CheckState.OK, "b"), encoding=encoding)
    assert said.startswith("x microphone")
    assert "\n+ a " in said


def test_nothing_foreign_acts() -> None:
    assert "\x1b" not in text_of(HOSTILE)
    assert "\x9b" not in text_of(HOSTILE)
    assert "a\ufffd]52;c;eA==\ufffdb c" in text_of(HOSTILE)
    out = io.StringIO()
    JsonReport(out).add(HOSTILE)
    assert out.getvalue().isascii()
    said = json.loads(out.getvalue())
    assert said["detail"] == "a\ufffd]52;c;eA==\ufffdb c"
    assert said["hint"] == "d\ufffd2J cat \ufffd[31mfile"
