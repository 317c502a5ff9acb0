"""Names and places as a system may have them: no text, no rights, no folder, no end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from skdictate.app.archive import Archive
from skdictate.audio.pcm import Format
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.settings.config import Settings
from skdictate.sources.file_source import FileSource
from skdictate.speechkit.auth import credential_lookup
from skdictate.system import small_file
from skdictate.system.paths import Paths
from tests.support.command import COMMAND
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="names and rights as POSIX has them")
ESCAPE = "ho\x1b]0;evil\x07st"
NAME = b"\xff\xfe \x1b]0;evil\x07\xd0\x96.wav"
"""Bytes that are no UTF-8, and a sequence that would name the window."""


def run(
    *arguments: str | bytes, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    command: list[str | bytes] = [sys.executable, "-P", *COMMAND[1:], *arguments]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **(environ or {})},
        cwd=cwd,
        timeout=100,
    )
    said = done.stdout + done.stderr
    assert b"Traceback" not in said
    assert b"\x1b" not in said
    assert b"\x07" not in said
    assert done.returncode != Exit.INTERNAL, said
    return done


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real locales that are not UTF-8."""
    if shutil.which("localedef") is None:
        pytest.skip("locales cannot be made here")
    folder = tmp_path_factory.mktemp("locales")
    for language, letters in (("ru_RU", "KOI8-R"), ("en_US", "ISO-8859-1")):
        made = folder / f"{language}.{letters}"
        command = ["localedef", "-i", language, "-f", letters, str(made)]
        if subprocess.run(command, capture_output=True).returncode and not made.exists():
            pytest.skip("locales cannot be made here")
    return folder


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "ru_RU.KOI8-R", "en_US.ISO-8859-1"])
def test_any_name_in_any_locale(beckett: Path, tmp_path: Path, locales: Path, locale: str) -> None:
    path = os.fsencode(tmp_path) + b"/" + NAME
    Path(os.fsdecode(path)).write_bytes(beckett.read_bytes())
    environ = {"LC_ALL": locale, "LOCPATH": str(locales), "LANG": ""}
    environ["SKDICTATE_HOME"] = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    done = run("transcribe", path, "--speed", "100", environ=environ)
    assert done.returncode == 0
    assert b"ever tried" in done.stdout.lower()
    assert b"Ever tried" in run("history", "list", environ=environ).stdout
    shown = run("history", "show", environ=environ)
    assert b"source:" in shown.stdout
    written = run("history", "export", "--output", path + b".txt", environ=environ)
    assert written.returncode == 0
    assert b"ever tried" in Path(os.fsdecode(path + b".txt")).read_bytes().lower()
    listed = run("history", "list", "--format", "json", environ=environ)
    assert json.loads(listed.stdout)["state"] == "done"
    missing = run("transcribe", path + b"x", environ=environ)
    assert missing.returncode == 2
    assert b"There is no file" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("transcribe", f"/nowhere/{ESCAPE}"), 2),
        (("listen", "--source", ESCAPE), 2),
        (("listen", "--demo", "--output", f"/nowhere/{ESCAPE}"), 7),
        (("listen", "--api-key-file", ESCAPE), 4),
        (("listen", "--endpoint", ESCAPE, "--plaintext"), 3),
        (("listen", "--demo", "--endpoint", f"{ESCAPE}:1", "--ca-cert", ESCAPE), 3),
        (("listen", "--language", ESCAPE, "--engine", "local"), 3),
        (("serve", "--listen", ESCAPE), 3),
        (("history", "redo", "--lines", ESCAPE), 2),
        ((f"--{ESCAPE}",), 2),
        ((ESCAPE,), 2),
    ],
)
def test_nothing_that_is_shown_of_a_mistake_acts_on_the_terminal(
    arguments: tuple[str, ...], code: int
) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert b"evil" in done.stderr, "it is shown"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("transcribe", "~nobody-of-that-name/a.wav"), 2),
        (("history", "export", "--output", "~nobody-of-that-name/a"), 7),
        (("listen", "--demo", "--api-key-file", "~nobody-of-that-name/a"), 4),
        (("serve", "--token-file", "~nobody-of-that-name/a"), 3),
    ],
)
def test_a_home_of_nobody_is_a_name_like_any_other(arguments: tuple[str, ...], code: int) -> None:
    assert run(*arguments).returncode == code


def test_a_place_that_would_act_on_the_terminal_is_shown_without(beckett: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "transcribe", str(beckett), "--endpoint", f"unix:/nowhere/{ESCAPE}"],
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.readline()
    process.kill()
    process.wait()
    process.stderr.close()
    assert b"evil" in said
    assert b"\x1b" not in said


def test_a_problem_is_safe_to_show_wherever_that_is() -> None:
    problem = Problem(Kind.USAGE, ESCAPE, f"{ESCAPE}\ndetail", "hint \udcff")
    assert str(problem).isprintable()
    assert Problem.of_json({"kind": "usage", "title": ESCAPE}).title == problem.title


def test_a_folder_that_is_gone(tmp_path: Path, beckett: Path) -> None:
    gone = tmp_path / "gone"
    script = 'cd "$1" && rmdir "$1" && shift && exec "$@"'

    def there(*arguments: str, home: str = "") -> subprocess.CompletedProcess[str]:
        gone.mkdir()
        command = ["sh", "-c", script, "sh", str(gone), sys.executable, "-P", "-m", "skdictate"]
        environ = {**os.environ, **({"SKDICTATE_HOME": home} if home else {})}
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, env=environ, timeout=100
        )
        assert "Traceback" not in done.stderr
        return done

    heard = there("transcribe", str(beckett), "--speed", "100")
    assert heard.returncode == 0
    assert "ever tried" in heard.stdout.lower()
    assert there("listen", "--demo", "--output", "x.txt").returncode == 7
    relative = there("config", home="somewhere")
    assert (relative.returncode, relative.stderr.count("\n")) == (3, 1)


def test_the_app_where_the_folder_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    with Terminal("--demo", "--speed", "4") as terminal:
        terminal.wait("0:00  It was the best of times")
        gone.rmdir()
        terminal.press("s")
        terminal.wait("The working folder is gone")
        terminal.press("\x03")
        terminal.exit_code(60)


@contextmanager
def somebody() -> Iterator[None]:
    """Root may look into everything, so the test is another user for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_folders_that_may_not_be_searched(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "skdictate-api-key").write_text("key")
    closed.chmod(0)
    paths = Paths.of({"SKDICTATE_HOME": str(closed)})
    with somebody():
        with pytest.raises(ProblemError, match="The key cannot be read"):
            credential_lookup.find(
                Settings(),
                Paths.of({"SKDICTATE_HOME": str(tmp_path)}),
                {"CREDENTIALS_DIRECTORY": str(closed)},
            )
        with pytest.raises(ProblemError, match="A folder cannot be used") as caught:
            Archive(paths).listing()
        assert caught.value.problem.exit_code is Exit.DISK
        with pytest.raises(ProblemError, match="The recording cannot be read"):
            FileSource([closed / "a.wav"], Format(16_000), 1.0)._open(closed / "a.wav")
        assert Paths.of({"XDG_RUNTIME_DIR": str(closed / "run")}).runtime is None
    closed.chmod(0o700)


@pytest.mark.parametrize("kind", ["pipe", "endless", "large", "folder"])
@pytest.mark.parametrize("name", ["config.toml", "--ca-cert", "--token-file", "--tls-cert"])
def test_what_is_no_small_file_is_said_at_once(
    tmp_path: Path, home: Path, kind: str, name: str
) -> None:
    home.mkdir(exist_ok=True)
    path = home / "config.toml" if name == "config.toml" else tmp_path / "given"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "endless":
            path.symlink_to("/dev/zero")
        case "large":
            path.write_bytes(bytes(small_file.MOST_BYTES + 1))
        case "folder":
            path.mkdir()
    command = {
        "config.toml": ("config",),
        "--ca-cert": ("listen", "--demo", "--endpoint", "127.0.0.1:1", "--ca-cert", str(path)),
        "--token-file": ("serve", "--token-file", str(path)),
        "--tls-cert": ("serve", "--tls-cert", str(path), "--tls-key", str(path)),
    }[name]
    done = run(*command)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.count(b"\n") == 1
