"""A stream that stands still, is full, or has nobody at its end."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

from skdictate.errors import Kind
from skdictate.output.nonblocking_stream import NonBlockingStream


def test_what_is_written_goes_out_in_order(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with path.open("w", encoding="utf-8") as file:
        out = NonBlockingStream(file)
        for n in range(1000):
            out.write(f"{n} \N{CYRILLIC SMALL LETTER ZHE}\n")
        assert out.drain(10)
        out.close()
        out.write("too late")
    assert path.read_text().splitlines() == [
        f"{n} \N{CYRILLIC SMALL LETTER ZHE}" for n in range(1000)
    ]
    assert out.problem is None


def test_a_stream_without_a_descriptor_will_do() -> None:
    text = io.StringIO()
    out = NonBlockingStream(text)
    out.write("one")
    assert out.drain(10)
    assert text.getvalue() == "one"
    assert not out.isatty()
    out.close()


class Counted(io.StringIO):
    """A stream that counts what is written to it."""

    n_writes = 0

    def write(self, text: str) -> int:
        self.n_writes += 1
        return super().write(text)


def test_nothing_is_written_once_it_is_closed() -> None:
    text = Counted()
    others = set(threading.enumerate())
    out = NonBlockingStream(text)
    out.write("one")
    assert out.drain(10)
    (thread,) = set(threading.enumerate()) - others
    out.close()
    thread.join(10)
    assert not thread.is_alive()
    assert text.n_writes == 1, "the stream may be closed by then"


def test_who_does_not_read_holds_nobody_up() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        out = NonBlockingStream(stream)
        for n in range(20_000):
            out.write(f"{n}\n")
        assert out.is_behind
        assert not out.drain(0.01)
        assert out.problem is None, "it is slow, and that is all"
        read: list[bytes] = []

        def take() -> None:
            while data := os.read(reading, 65_536):
                read.append(data)

        reader = threading.Thread(target=take)
        reader.start()
        assert out.drain(30)
        out.close()
    reader.join()
    os.close(reading)
    assert b"".join(read) == b"".join(b"%d\n" % n for n in range(20_000))


def test_a_reader_that_goes_is_told_of_once() -> None:
    reading, writing = os.pipe()
    gone = threading.Event()
    with os.fdopen(writing, "w") as stream:
        out = NonBlockingStream(stream)
        out.on_gone = gone.set
        os.close(reading)
        out.write("x")
        assert gone.wait(10)
        out.write("y")
        assert out.drain(10)
        assert not out.is_behind
    assert out.problem is None


def test_a_pipe_that_must_not_wait_is_waited_for() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(writing, "w") as stream:
        out = NonBlockingStream(stream)
        out.write("x" * 200_000)
        read = b""
        while len(read) < 200_000:
            read += os.read(reading, 65_536)
        assert out.drain(10)
        out.close()
    os.close(reading)


def test_a_file_that_may_not_grow_is_said_and_tried_again(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from skdictate.output import nonblocking_stream
nonblocking_stream.RETRY_S = 0.05
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
with open(sys.argv[1], "w") as file:
    out = nonblocking_stream.NonBlockingStream(file)
    out.write("x" * 1500)
    assert out.drain(10)
    print(out.problem.kind, out.problem.detail, sep=";")
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    out.write("y" * 500)
    while out.problem is not None or not out.drain(10):
        pass
    print(out.problem)
"""
    path = tmp_path / "out.txt"
    command = [sys.executable, "-c", code, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [f"{Kind.DISK};500 bytes not written: {os.strerror(errno.EFBIG)}", "None"]
    assert path.read_text() == "x" * 1500 + "y" * 500
