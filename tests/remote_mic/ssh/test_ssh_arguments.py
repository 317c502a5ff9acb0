from __future__ import annotations

import pytest

from skdictate.errors import Exit, ProblemError
from skdictate.remote_mic.ssh.ssh_arguments import SshArguments
from tests.remote_mic.ssh.test_remote_host import HOSTILE


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["pi"], SshArguments("pi", (), ())),
        (["me@pi", "-p", "22"], SshArguments("me@pi", ("-p", "22"), ())),
        (["-p22", "-4A", "pi"], SshArguments("pi", ("-p", "22", "-4", "-A"), ())),
        (
            ["-J", "jump", "pi", "-o", "Compression=yes", "--", "--language", "ru-RU"],
            SshArguments("pi", ("-J", "jump", "-o", "Compression=yes"), ("--language", "ru-RU")),
        ),
        (["pi", "--", "--demo", "--", "x"], SshArguments("pi", (), ("--demo", "--", "x"))),
        (["pi", "-i", "a key"], SshArguments("pi", ("-i", "a key"), ())),
    ],
)
def test_every_word_has_its_owner(words: list[str], arguments: SshArguments) -> None:
    assert SshArguments.of(words) == arguments


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "No host"),
        (["--", "--demo"], "No host"),
        (["-p", "22"], "No host"),
        (["pi", "tmux"], "'tmux' is no option of ssh"),
        (["pi", "-p"], "requires argument"),
        (["pi", "-Z"], "-Z not recognized"),
        (["pi", "--demo"], "--demo not recognized|option --"),
        (["pi", "-N"], "With -N there is no terminal"),
        (["-T", "pi"], "With -T there is no terminal"),
    ],
)
def test_what_cannot_be_is_said(words: list[str], why: str) -> None:
    with pytest.raises(ProblemError, match=why) as caught:
        SshArguments.of(words)
    assert caught.value.problem.exit_code is Exit.USAGE


@pytest.mark.parametrize("host", HOSTILE)
def test_a_host_is_never_an_option_or_a_command(host: str) -> None:
    with pytest.raises(ProblemError):
        SshArguments.of([host])
