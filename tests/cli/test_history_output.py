"""What was found beside the text, read back from the library."""

from __future__ import annotations

import io
import json

from skdictate.cli.history_output import text_of, write_about
from skdictate.core.changes import Line
from skdictate.core.findings import Finding
from skdictate.library.library import Library
from skdictate.system.paths import Paths
from tests.library.test_library import ABOUT

FINDINGS = [
    Finding("class", 1, 16_000, 32_000, "insult: yes 88%", '{"classifier": "insult"}'),
    Finding("summary", 1, 0, 48_000, "summary: Somebody was rude.", '{"answers": ["..."]}'),
]


def test_what_was_found_is_shown_below_the_text_and_exported_as_json(paths: Paths) -> None:
    library = Library(paths.library)
    dictation_id = library.begin(ABOUT)
    library.add_line(dictation_id, Line(1, "oh no", 16_000, 32_000, 1))
    for finding in FINDINGS:
        library.add_finding(dictation_id, finding)
    library.close()
    shown, exported, text = io.StringIO(), io.StringIO(), io.StringIO()
    write_about(paths, shown, None)
    exported.write(text_of(paths, "json", None))
    text.write(text_of(paths, "text", None))
    assert shown.getvalue().endswith(
        "\noh no\n\n0:00 summary: Somebody was rude.\n0:01 insult: yes 88%\n"
    )
    told = [json.loads(line) for line in exported.getvalue().splitlines()]
    assert [it["event"] for it in told] == ["summary", "final", "class"]
    assert told[2]["classifier"] == "insult"
    assert text.getvalue() == "oh no\n"
