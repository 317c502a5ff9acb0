from __future__ import annotations

import shlex

import pytest

from skdictate.mic_protocol.invitation import Invitation


def test_the_lines_can_be_pasted_as_they_are() -> None:
    lines = {line.where: line.text for line in Invitation("me@server").lines}
    assert lines["skdictate"] == "skdictate mic send me@server"
    assert lines["Linux"] == (
        "arecord -q -t raw -f S16_LE -r 16000 -c 1 | ssh me@server skdictate mic in"
    )
    assert "avfoundation" in lines["macOS"]
    assert "dshow" in lines["Windows"]
    assert all(text.endswith("ssh me@server skdictate mic in") for text in list(lines.values())[1:])


def test_another_port_is_named() -> None:
    send, linux, *_ = (line.text for line in Invitation("me@server", 2222).lines)
    assert send == "skdictate mic send me@server -- -p 2222"
    assert linux.endswith("| ssh -p 2222 me@server skdictate mic in")


@pytest.mark.parametrize("place", ["/opt/a b/skdictate", "/x/it's", "$(touch x)"])
def test_a_program_elsewhere_survives_two_shells(place: str) -> None:
    send, raw, *_ = Invitation("me@server", program=("env", "A=b c", place)).lines
    *_, remote = shlex.split(raw.text)
    assert shlex.split(remote) == ["env", "A=b c", place, "mic", "in"]
    *_, option, words, host = shlex.split(send.text)
    assert (option, host) == ("--program", "me@server")
    assert shlex.split(words) == ["env", "A=b c", place]
