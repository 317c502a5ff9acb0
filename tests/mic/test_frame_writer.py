from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from skdictate.audio.pcm import Format
from skdictate.mic.frame_writer import WINDOW_S, FrameWriter
from skdictate.mic_protocol.frames import Decoder, Frame, Type

SOUND = Format(1000)
BLOCK = bytes(2 * 20)


class Peer:
    """The other end of a sender's pipes."""

    def __init__(self) -> None:
        self.from_fd, self._sender_out = os.pipe()
        self._sender_in, self.to_fd = os.pipe()
        self.sender = FrameWriter(SOUND, self._sender_out, self._sender_in)
        self.decoder = Decoder()
        self.thread = threading.Thread(target=self.sender.run)
        os.set_blocking(self.from_fd, False)

    def read(self, seconds: float = 0.2) -> list[Frame]:
        """What comes within that time."""
        frames: list[Frame] = []
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            try:
                frames += self.decoder.feed(os.read(self.from_fd, 65536))
            except BlockingIOError:
                time.sleep(0.01)
        return frames

    def say(self, *frames: Frame) -> None:
        os.write(self.to_fd, b"".join(frame.encode() for frame in frames))

    def hang_up(self) -> None:
        os.close(self.to_fd)
        self.to_fd = -1

    def close(self) -> None:
        self.sender.finish()
        for fd in (self.from_fd, self.to_fd):
            if fd >= 0:
                os.close(fd)
        self.thread.join(5)
        assert not self.thread.is_alive()
        self.sender.gone.wait(5)
        os.close(self._sender_out)
        os.close(self._sender_in)


@contextmanager
def connected() -> Iterator[Peer]:
    peer = Peer()
    peer.sender.start()
    peer.thread.start()
    try:
        yield peer
    finally:
        peer.close()


def test_sound_is_numbered_and_ends_with_a_bye() -> None:
    with connected() as peer:
        peer.sender.put_hello(label="Desk")
        peer.sender.put_audio(BLOCK, 10)
        peer.sender.put_audio(BLOCK, 20, is_overrun=True)
        peer.sender.finish()
        frames = peer.read()
    assert [(frame.type, frame.sample) for frame in frames] == [
        (Type.HELLO, 0),
        (Type.AUDIO, 0),
        (Type.OVERRUN, 20),
        (Type.AUDIO, 20),
        (Type.BYE, 40),
    ]


def test_no_more_is_on_its_way_than_is_recorded_in_time() -> None:
    with connected() as peer:
        for _ in range(100):
            peer.sender.put_audio(BLOCK, 0)
        n_window = SOUND.samples(WINDOW_S) // 20
        assert len(peer.read()) == n_window
        peer.say(Frame(Type.ACK, 200))
        assert len(peer.read()) == 10
        peer.say(Frame(Type.ACK, 100))
        assert peer.read() == [], "an old acknowledgement takes nothing back"
        peer.say(Frame(Type.ACK, 2000))
        assert len(peer.read()) == 100 - n_window - 10


def test_what_a_listener_never_takes_is_dropped_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skdictate.mic.frame_writer.SPOOL_S", 1.0)
    with connected() as peer:
        for _ in range(60):
            peer.sender.put_audio(BLOCK, 0)
        peer.say(Frame(Type.ACK, 1000))
        frames = peer.read()
    assert sum(frame.type is Type.AUDIO for frame in frames) == 50
    assert sum(frame.type is Type.OVERRUN for frame in frames) == 10


def test_a_bye_and_a_hang_up_end_it() -> None:
    with connected() as peer:
        peer.say(Frame(Type.BYE))
        assert peer.sender.ended.wait(2)
        assert not peer.sender.gone.is_set()
        peer.hang_up()
        assert peer.sender.gone.wait(2)


def test_a_listener_that_hangs_up_is_not_waited_for() -> None:
    with connected() as peer:
        for _ in range(1000):
            peer.sender.put_audio(BLOCK, 0)
        peer.hang_up()
        peer.sender.finish()
        peer.read(0.3)
        peer.thread.join(2)
        assert not peer.thread.is_alive()
