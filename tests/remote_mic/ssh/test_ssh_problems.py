"""What ssh says when it fails, from ssh itself."""

from __future__ import annotations

import pytest

from skdictate.errors import Problem
from skdictate.remote_mic.ssh import ssh_command_line, ssh_problems
from tests.support.sshd import HOST, Sshd


def failure(sshd: Sshd, *options: str, host: str = HOST, remote: str = "true") -> Problem:
    done = sshd.run(*options, *ssh_command_line.ALONE, "--", host, remote)
    assert done.returncode != 0
    return ssh_problems.problem("pi", done.returncode, done.stderr.decode().splitlines())


@pytest.mark.parametrize(
    ("options", "title", "is_permanent"),
    [
        (("-o", "UserKnownHostsFile=/dev/null"), "The key of pi is not known", True),
        (("-l", "nosuch"), "pi asks for a password", True),
        (("-o", "HostName=no.such.invalid"), "No machine called pi was found", False),
        (("-p", "1"), "pi cannot be reached", False),
        (("-o", "NoSuchOption=1"), "ssh refuses its settings", True),
    ],
)
def test_why_there_is_no_connection(
    sshd: Sshd, options: tuple[str, ...], title: str, is_permanent: bool
) -> None:
    problem = failure(sshd, *options)
    assert problem.title.startswith(title)
    assert problem.is_permanent is is_permanent
    assert problem.hint


def test_a_server_that_allows_no_session() -> None:
    with Sshd("MaxSessions 0") as sshd:
        assert "MaxSessions" in failure(sshd).hint


def test_what_fails_over_there_is_told_in_its_own_words_made_harmless(sshd: Sshd) -> None:
    problem = failure(sshd, remote="printf 'a\\033]0;x\\007b\\n\\n' >&2; exit 3")
    assert problem.title == "The command on pi ended with code 3"
    assert problem.detail == "a\N{REPLACEMENT CHARACTER}]0;x\N{REPLACEMENT CHARACTER}b"
    assert "nothing" in failure(sshd, remote="exit 3").detail


def test_a_connection_that_breaks_is_lost() -> None:
    problem = ssh_problems.problem("pi", -9, ["Connection to pi closed."])
    assert problem.detail == "ssh was ended by SIGKILL, and said nothing"
    assert ssh_problems.problem("pi", 255, []).detail == "ssh ended with code 255, and said nothing"
    said = ["Connection to pi closed by remote host.", "Connection to pi closed."]
    problem = ssh_problems.problem("pi", 255, said)
    assert problem.title == "The connection to pi was lost"
    assert problem.detail == "Connection to pi closed by remote host."
