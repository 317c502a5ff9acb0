"""Lines that users are told to type work where skdictate lies in ``~/.local/bin`` alone."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from skdictate.errors import ProblemError
from skdictate.remote_mic.commands.ssh_session import visit
from skdictate.remote_mic.ssh import ssh_problems
from skdictate.remote_mic.ssh.ssh_arguments import SshArguments
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from tests.support.command import run
from tests.support.sshd import HOST, Sshd

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"\bssh (?P<words>[^|\n;`]*\bskdictate\b[^|\n`]*)")
OURS = ("skdictate ssh", "mic send", "mic test")
"""What calls ssh itself, and looks where it has to."""


@pytest.fixture(scope="module")
def server() -> Iterator[Sshd]:
    """Its user has installed skdictate as ``pipx`` does."""
    with Sshd() as sshd:
        folder = sshd.folder / "user-home" / ".local" / "bin"
        folder.mkdir(parents=True)
        shutil.move(sshd.folder / "bin" / "skdictate", folder)
        yield sshd


def remote_commands(text: str) -> list[str]:
    """What ``ssh`` is told to run there, in a text for people."""
    found = []
    text = text.replace("\\\n", " ").replace("|\n", "| ")
    for match in LINE.finditer(text):
        if any(it in text[max(0, match.start() - 10) : match.end()] for it in OURS):
            continue
        quoted = re.search(r"(['\"])(.*skdictate.*?)\1", match["words"])
        found.append(quoted[2] if quoted else match["words"].partition(" ")[2])
    return found


async def texts() -> dict[str, str]:
    """Everything that shows such lines."""
    files = (ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("man/*.1"))
    shown = {file.name: file.read_text(encoding="utf-8") for file in files}
    for name in ("in", "web"):
        shown[f"mic {name} --help"] = (await run("mic", name, "--help")).out
    shown["no terminal there"] = str(ssh_problems.no_terminal("me@server"))
    with pytest.raises(ProblemError) as caught:
        visit(SshArguments.of(["me@server"]), Settings(), Paths.of())
    shown["no terminal here"] = str(caught.value.problem)
    return shown


async def test_they_find_it(server: Sshd) -> None:
    assert server.run(HOST, "skdictate --help").returncode == 127, "or this would show nothing"
    n_lines = {}
    for name, text in (await texts()).items():
        lines = remote_commands(text)
        n_lines[name] = len(lines)
        for line in lines:
            for shell in ("sh", "bash"):
                command = shlex.join([shell, "-c", f"{line} --help"])
                done = server.run(HOST, command)
                assert done.returncode == 0, (name, line, done.stderr)
                assert b"skdictate" in done.stdout
    pages = {name: n_lines.pop(name) for name in list(n_lines) if name.endswith(".md")}
    shown = {name: n for name, n in pages.items() if n}
    assert shown == {"remote-microphone.md": 4, "scripting.md": 1}
    assert all(n_lines.values()), n_lines
