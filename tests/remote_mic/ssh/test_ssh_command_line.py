"""What is given to ssh is data: on this side, and to the shell on the other."""

from __future__ import annotations

import subprocess

import pytest

from skdictate.errors import ProblemError
from skdictate.remote_mic.ssh import ssh_command_line
from tests.remote_mic.ssh.test_remote_host import HOSTILE
from tests.support.sshd import HOST, Sshd

WORDS = [
    "plain",
    "two words",
    "",
    "; touch bait",
    "$(touch bait)",
    "`touch bait`",
    "a'b\"c",
    "a\\b",
    "a\nb",
    "*",
    "~",
    "!x",
    "-o",
    "--",
    "é\N{SNOWMAN}",
]


def test_every_word_arrives_as_it_was(sshd: Sshd) -> None:
    words = ssh_command_line.script('for word; do printf "%s\\0" "$word"; done', *WORDS)
    command = ssh_command_line.command(
        HOST, *words, options=["-F", str(sshd.config)], ours=ssh_command_line.ALONE
    )
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert done.stdout.decode().split("\0")[:-1] == WORDS


@pytest.mark.parametrize("host", HOSTILE)
def test_nothing_is_called_for_what_is_no_host(host: str) -> None:
    with pytest.raises(ProblemError):
        ssh_command_line.command(host, "true")


def test_the_users_options_come_first_and_the_host_after_the_dashes() -> None:
    words = ssh_command_line.command(
        "pi", "true", options=["-v"], ours=ssh_command_line.SILENT, port=7
    )
    assert words == ["ssh", "-v", "-p", "7", "-o", "BatchMode=yes", "--", "pi", "true"]


def test_of_two_values_the_users_counts(sshd: Sshd) -> None:
    options = ["-F", str(sshd.config), "-o", "ConnectTimeout=77", "-G"]
    command = ssh_command_line.command(HOST, options=options, ours=ssh_command_line.ALONE)
    settings = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout
    assert "connecttimeout 77" in settings
    for wanted in ("forwardagent no", "forwardx11 no", "permitlocalcommand no"):
        assert wanted in settings
    assert "clearallforwardings yes" in settings
    assert "stricthostkeychecking true" in settings, "that is the user's affair"


def test_the_user_may_say_what_runs_it(sshd: Sshd) -> None:
    program = ["env", "A=two words", "sh", "-c", 'echo "$A" "$@"', "sh"]
    words = ssh_command_line.skdictate("mic", "$(x)", program=program)
    command = ssh_command_line.command(HOST, *words, options=["-F", str(sshd.config)])
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert done.stdout == b"two words mic $(x)\n"


def test_skdictate_is_found_where_users_install_it(sshd: Sshd) -> None:
    command = ssh_command_line.command(
        HOST, *ssh_command_line.skdictate("--version"), options=["-F", str(sshd.config)]
    )
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert done.stdout.startswith(b"skdictate ")
    with Sshd(programs=["sh"], has_skdictate=False) as bare:
        place = bare.folder / "user-home" / ".local" / "bin"
        place.mkdir(parents=True)
        (place / "skdictate").symlink_to(sshd.folder / "bin" / "skdictate")
        options = ["-F", str(bare.config)]
        command = ssh_command_line.command(
            HOST, *ssh_command_line.skdictate("--version"), options=options
        )
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        assert done.stdout.startswith(b"skdictate "), done.stderr
