from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.errors import ProblemError
from skdictate.remote_mic.ssh.remote_host import RemoteHost, checked

HOSTILE = [
    "-oProxyCommand=touch x",
    "-",
    "--",
    "",
    " ",
    "user@",
    "@host",
    "user@-oProxyCommand=x",
    "-l@host",
    "host;touch x",
    "host$(touch x)",
    "host`touch x`",
    "host|touch x",
    "host&touch",
    "host\ntouch x",
    "host\x1b[2J",
    "host\x00",
    "ho st",
    "host'x",
    'host"x',
    "host>x",
    "${HOME}",
    "a" * 300,
]


@pytest.mark.parametrize("host", HOSTILE)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ProblemError, match="no such host") as caught:
        checked(host)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["pi", "pi.local", "me@10.0.0.7", "me@mail@corp", "::1", "fe80::1%eth0", "CORP\\me@h"]
)
def test_hosts_are_taken_as_they_are(host: str) -> None:
    assert checked(host) == host


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ssh://pi", RemoteHost("pi")),
        ("ssh://pi/", RemoteHost("pi")),
        ("ssh://Pi", RemoteHost("Pi")),
        ("ssh://me@pi:2222", RemoteHost("me@pi", 2222)),
        ("ssh://pi?device=hw:1,0", RemoteHost("pi", device="hw:1,0")),
        ("ssh://pi?device=a%20b%26c+d", RemoteHost("pi", device="a b&c+d")),
        ("ssh://me@[::1]:22?device=x", RemoteHost("me@::1", 22, "x")),
    ],
)
def test_a_place_is_read(text: str, place: RemoteHost) -> None:
    assert RemoteHost.of(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "ssh://",
        "ssh://pi/path",
        "ssh://pi?dev=1",
        "ssh://pi?device",
        "ssh://pi#x",
        "ssh://me:secret@pi",
        "ssh://pi:99999",
        "ssh://pi:x",
        "ssh://p\ni",
        "ssh://pi?device=a%0ab",
        "ssh://pi?device=%1b[2J",
        "ssh://[::1",
        *(f"ssh://{host}" for host in ("-oProxyCommand=x", "%2doX=y", "a%3btouch", "a%00")),
    ],
)
def test_what_is_no_place_is_said(text: str) -> None:
    with pytest.raises(ProblemError, match="There can be no such") as caught:
        RemoteHost.of(text)
    assert "secret" not in str(caught.value)


@given(st.text(max_size=30))
def test_a_device_is_data_whatever_it_says(device: str) -> None:
    from urllib.parse import quote

    text = f"ssh://pi?device={quote(device)}"
    if device.isprintable():
        assert RemoteHost.of(text) == RemoteHost("pi", device=device)
    else:
        with pytest.raises(ProblemError):
            RemoteHost.of(text)
