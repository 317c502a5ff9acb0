"""The documentation is true: its commands and options exist, its links lead somewhere."""

from __future__ import annotations

import argparse
import importlib.util
import io
import re
import shlex
import unicodedata
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from skdictate.cli.main import _parser
from skdictate.cli.option_flags import flags
from skdictate.errors import ProblemError
from skdictate.remote_mic.ssh.ssh_arguments import SshArguments
from skdictate.settings.config import load
from tests.faults.__main__ import PARTS

ROOT = Path(__file__).parents[1]
MANUAL = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
PAGES = (*MANUAL, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")
MOST_LINES = 200
"""Of the README: it is what a user reads first, and no manual."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
OUTSIDE = ("http://", "https://", "mailto:")
PARSER = _parser()
NAMELESS = "COMMAND"
"""Stands in prose for any command."""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(text_of(page)) if name == language]


def prose(page: Path) -> str:
    return BLOCK.sub("", text_of(page))


def commands(line: str) -> Iterator[list[str]]:
    """The words after every ``skdictate`` in a line of a shell, also in what ``ssh`` is to run."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words: list[str] = []
    for word in [*lexer, "|"]:
        if word and set(word) <= set("|;&"):
            names = [Path(it).name for it in words]
            if "skdictate" in names:
                yield words[names.index("skdictate") + 1 :]
            words = []
        elif "skdictate " in word:
            yield from commands(word)
        else:
            words.append(word)


def shell_commands(page: Path) -> Iterator[list[str]]:
    for block in blocks(page, "sh"):
        joined = re.sub(r"\\\n|(?<=\|)\n", " ", block)
        for line in joined.splitlines():
            yield from commands(line)


def prose_commands(page: Path) -> Iterator[list[str]]:
    for span in SPAN.findall(prose(page)):
        if span.startswith("skdictate ") and NAMELESS not in span:
            yield shlex.split(span)[1:]


def refusal(words: list[str]) -> str:
    """Why the program does not take these words; empty if it does.

    What ``ssh`` is to do, and the words for the app over there, are read by the command itself.
    """
    said = io.StringIO()
    try:
        with redirect_stderr(said), redirect_stdout(io.StringIO()):
            parsed = PARSER.parse_args(words)
            if words[:1] == ["ssh"]:
                SshArguments.of(parsed.words)
                theirs = words[words.index("--") + 1 :] if "--" in words else []
                parsed = PARSER.parse_args(theirs)
            if words[:1] != ["mic"]:  # its options are no settings
                load(flags(parsed), {}, Path("no such file"))
    except SystemExit as stopped:
        return said.getvalue() if stopped.code else ""
    except ProblemError as error:
        return str(error)
    return ""


def every_option() -> set[str]:
    def of(parser: argparse.ArgumentParser) -> Iterator[str]:
        for action in parser._actions:
            yield from action.option_strings
            if isinstance(action, argparse._SubParsersAction):
                for child in action.choices.values():
                    yield from of(child)

    return set(of(PARSER))


def slugs(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    kept = (
        "".join(it for it in heading.lower() if it in "-_ " or unicodedata.category(it)[0] in "LNM")
        for heading in headings
    )
    return {it.replace(" ", "-") for it in kept}


def test_commands_are_found_in_every_kind_of_line() -> None:
    line = "a -x | ssh -n me@server 'PATH=$PATH:$HOME/bin skdictate mic in' # skdictate no"
    assert list(commands(line)) == [["mic", "in"]]
    line = "X=1 .venv/bin/skdictate listen --format json | jq .text && skdictate devices"
    assert list(commands(line)) == [["listen", "--format", "json"], ["devices"]]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_a_block_exists_and_parses(page: Path) -> None:
    refused = {" ".join(words): refusal(words) for words in shell_commands(page)}
    assert {words: why for words, why in refused.items() if why} == {}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_a_sentence_exists(page: Path) -> None:
    """It may stand there without all that it needs."""
    refused = {" ".join(words): refusal(words) for words in prose_commands(page)}
    wrong = {words: why for words, why in refused.items() if why}
    assert all("required" in why or "No host is named" in why for why in wrong.values()), wrong


def test_what_does_not_exist_is_refused() -> None:
    for line in ("listn", "listen --frmat json", "ssh a -- --lang", "--rate 1", "mic sned"):
        assert refusal(line.split()), line


def test_the_manual_shows_commands_at_all() -> None:
    shown = [words for page in MANUAL for words in shell_commands(page)]
    assert len(shown) > 40
    groups = {words[0] for words in shown if words and not words[0].startswith("-")}
    (action,) = (it for it in PARSER._actions if isinstance(it, argparse._SubParsersAction))
    assert groups == set(action.choices)


@pytest.mark.parametrize("page", MANUAL, ids=name_of)
def test_every_option_that_is_named_exists(page: Path) -> None:
    of_others = {"--seed", "--schedules"}  # of the soak, in promises.md
    named = {
        option
        for span in SPAN.findall(prose(page))
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", span)
    }
    assert named - every_option() <= of_others


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_and_picture_is_there(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(page)):
        if link.startswith(OUTSIDE):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in slugs(target)):
            broken.append(link)
    assert not broken


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    readme = text_of(ROOT / "README.md")
    assert len(readme.splitlines()) <= MOST_LINES
    for page in PAGES[1:]:
        assert f"({name_of(page)})" in readme


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_test_command_names_a_module(page: Path) -> None:
    found = re.findall(r"python -m (tests[\w.]*)((?: [\w./-]+)*)", text_of(page))
    for module, arguments in found:
        assert importlib.util.find_spec(module), module
        if module == "tests.faults":
            for part in arguments.split():
                assert part in PARTS, part
    for module in re.findall(r"python (protos/\w+\.py)", text_of(page)):
        assert (ROOT / module).is_file()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_soak_is_a_module(part: str) -> None:
    assert importlib.util.find_spec(f"tests.faults.{part}")


def test_the_promises_and_benchmarks_have_their_commands() -> None:
    promises = text_of(ROOT / "docs" / "promises.md")
    rows = [line for line in promises.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) > 12
    heads = [row for row in rows if "python -m tests" not in row]
    assert len(heads) == 2, "the heads of the two tables"


@pytest.mark.parametrize("page", [ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"])
def test_every_file_that_is_named_is_there(page: Path) -> None:
    text = text_of(page)
    places = (ROOT, ROOT / "skdictate")
    files = set(re.findall(r"[\w.]+(?:/[\w.]+)+(?:\.py|/)(?![\w/])", text))
    assert len(files) > 15
    missing = [it for it in files if not any((place / it).exists() for place in places)]
    assert not missing


def test_the_architecture_names_every_room() -> None:
    text = text_of(ROOT / "docs" / "architecture.md")
    table = text.split("## Rooms\n")[1].split("\n\n`_pb`")[0]
    package = ROOT / "skdictate"
    rooms = {it.parent.name for it in package.glob("*/__init__.py")} - {"_pb"} | {"errors"}
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == rooms


def test_the_picture_of_the_floors_is_the_contract() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.search(r"^layers = \[\n(.*?)\n\]", project, re.MULTILINE | re.DOTALL)
    assert layers
    floors = [re.findall(r"\w+", line) for line in layers[1].splitlines()]
    picture = blocks(ROOT / "docs" / "architecture.md", "mermaid")[0]
    boxes = dict(re.findall(r'(\w+)\["([^"]+)"\]', picture))
    drawn: list[list[str]] = []
    for line in picture.splitlines()[1:]:
        for node in re.sub(r'\["[^"]+"\]', "", line).split("-->"):
            rooms = re.findall(r"\w+", boxes.get(node.strip(), node))
            if rooms not in drawn:
                drawn.append(rooms)
    assert [sorted(it) for it in drawn] == [sorted(it) for it in floors]


def test_the_changelog_tells_of_this_version() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "([^"]+)"', project, re.MULTILINE)
    assert version
    changelog = text_of(ROOT / "CHANGELOG.md")
    assert "## [Unreleased]" in changelog
    assert f"## [{version[1]}]" in changelog


def test_who_reports_a_bug_is_asked_for_the_doctor() -> None:
    bug = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text(encoding="utf-8")
    assert "`skdictate doctor`" in bug
    assert "report" in bug


def test_the_workflow_runs_the_same_command_as_everybody() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert re.search(r"^ +run: \.ci/run$", workflow, re.MULTILINE)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
