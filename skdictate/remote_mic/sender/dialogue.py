"""The protocol between this microphone and the app, whatever connection it uses.

Each dictation there is a stream here. It begins with the app's first acknowledgement and ends with
its BYE.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, ProblemError
from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.sender.app_connection import LostError, nonsense
from skdictate.remote_mic.sender.local_capture import LocalCapture
from skdictate.remote_mic.sender.outgoing_stream import OutgoingStream
from skdictate.remote_mic.sender.transport import host_name
from skdictate.sources.mic_process import reported_problem
from skdictate.text.clean_text import clean

VERSION = 1
ROUGH_S = 1.0
"""Seconds of sound that stays as Opus from which the user is told."""
MENDING_S = 3.0
"""Seconds after the end of a dictation in which what was sent as Opus is sent again."""
UNWANTED = ("busy", "stranger", "session")
"""Refusals after which no app wants the sound, so that the microphone is turned off."""
_APP = re.compile(rb"[0-9a-f]{8,64}")


class Dialogue:
    """One stream after the other. Pass received frames to ``hear``; send those of ``outgoing``."""

    def __init__(
        self,
        ear: LocalCapture,
        sound: Format,
        folder: Path,
        *,
        codec: str,
        takes_over: bool,
        there: str,
    ) -> None:
        """``there`` is the name of the app for people; the spool may put files into ``folder``."""
        self.on_words: Callable[[str], None] = lambda words: None
        """Called with messages for the user."""
        self.ear = ear
        self.is_done = False
        """Whether the last stream is complete and no other will follow."""
        self.app = ""
        """The id of the app that is served; no other gets the sound that is kept for it."""
        self.token = ""
        """The token that the app wants to see, if it is known at this end."""
        self._format = sound
        self._folder = folder
        self._codec = codec
        self._takes_over = takes_over
        self._there = there
        self._sender = secrets.token_hex(16)
        self._is_finishing = self._is_taken = False
        self._is_dismissed = False
        """Whether the app has sent BYE on this connection; a second one means that it takes nothing
        more."""
        self._mend_until_s = 0.0
        self.take = self._new_take()
        self.group: asyncio.TaskGroup
        """The task group in which capturing runs."""

    # ------------------------------------------------------------------------- its owner's side

    def finish(self) -> None:
        """Stop capturing, and begin no other stream."""
        self._is_finishing = True
        self.ear.stop()
        self.is_done = self.is_done or not self.take.is_begun

    def end(self) -> None:
        """Send nothing more."""
        self.is_done = True
        self.ear.stop()

    def cut_off(self) -> None:
        """The connection has ended."""
        self._is_taken = False

    def close(self) -> None:
        """End for good; what is left is saved in a file."""
        self._save()
        self.take.close()

    def hello(self) -> Frame:
        """A hello for the current stream."""
        said = json.dumps({"token": self.token, **self._facts()}).encode()
        return Frame(Type.HELLO, self.take.flow.acked, time.monotonic_ns(), said)

    def outgoing(self, now_s: float) -> list[Frame]:
        """The frames to send now."""
        if not self._is_taken:
            return []
        frames = list(self.take.outgoing(now_s))
        if self._is_complete(now_s):
            frames.append(Frame(Type.BYE, self.take.head))
            frames += self._next()
        return frames

    # ------------------------------------------------------------------------- the app's side

    def hear(self, frame: Frame) -> list[Frame]:
        """Handle a received frame; returns frames to send at once.

        Raises:
            LostError: the app refuses the sound, or sends something unexpected.
        """
        now_s = time.monotonic()
        take = self.take
        match frame.type:
            case Type.ACK if not self._is_taken:
                if frame.payload == take.id.encode():
                    self._is_taken, self._is_dismissed = True, False
                    take.connected(frame.sample)
                    self._begin()
            case Type.ACK:
                take.acked(frame.sample, now_s)
            case Type.MENDED:
                take.mended(frame.sample, now_s)
            case Type.BYE if self._is_taken and not self._is_dismissed:
                self._is_dismissed = True
                self._end_take()
            case Type.BYE:  # it has ended, and nothing more is taken
                self._end_take()
                self._save()
                return self._next()
            case Type.PING if _APP.fullmatch(frame.payload):
                self.app = frame.payload.decode()
            case Type.PAUSE | Type.RESUME:
                take.is_paused = frame.type is Type.PAUSE
            case Type.TROUBLE:
                self._refused(frame)
        return []

    def _refused(self, frame: Frame) -> None:
        """Handle a refusal by the app."""
        try:
            said = json.loads(frame.payload)
            code, problem = str(said["code"]), reported_problem(said)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise LostError(nonsense(self._there, "a refusal")) from error
        if code in UNWANTED and self.take.is_begun:
            self._end_take()
        problem = replace(problem, kind=Kind.MICROPHONE, is_permanent=False)
        raise LostError(problem, is_refusal=True)

    # ------------------------------------------------------------------------- takes

    def _new_take(self) -> OutgoingStream:
        return OutgoingStream(self._format, self._folder, self._codec)

    def _begin(self) -> None:
        """Start capturing for this stream, if that was not done already."""
        if not self.take.is_begun:
            self.take.is_begun = True
            self.group.create_task(self.ear.hear(self.take, self._facts))

    def _end_take(self) -> None:
        if not self.take.is_unwanted:
            self.take.is_unwanted = True
            self.ear.stop()

    def _is_complete(self, now_s: float) -> bool:
        """Whether everything has arrived, and all Opus is repaired or the time for that is over."""
        if not self.take.is_there:
            self._mend_until_s = now_s + MENDING_S
            return False
        return self.take.mends.n_samples == 0 or now_s >= self._mend_until_s

    def _next(self) -> list[Frame]:
        """Prepare the next stream, if there is to be one."""
        has_ended_itself = self.take.is_begun and not self.take.is_unwanted
        if self.take.rough_s >= ROUGH_S and self.take.is_there:
            self.on_words(f"{self.take.rough_s:.0f} s stay there as Opus: the line is too thin")
        self.take.close()
        self.take = self._new_take()
        self._is_taken = False
        self.is_done = has_ended_itself or self._is_finishing
        return [] if self.is_done else [self.hello()]

    def _facts(self) -> dict[str, Any]:
        """The content of a hello."""
        facts: dict[str, Any] = {
            "v": VERSION,
            "stream": self.take.id,
            "begun": self.take.is_begun,
            "sender": self._sender,
            "rate_hz": self._format.rate_hz,
            "codec": "pcm",
            "name": self.ear.label,
            "label": self.ear.label,
            "host": host_name(),
        }
        facts |= {"app": self.app} if self.app else {}
        return facts | {"take_over": True} if self._takes_over else facts

    def _save(self) -> None:
        """Save what was not sent in a file."""
        take = self.take
        if take.spool.n_samples == 0:
            return
        kept_s = self._format.seconds(take.spool.n_samples)
        name = time.strftime("unsent %Y-%m-%d %H.%M.%S")
        path = self._folder / f"{name} {take.id[:4]}.wav"
        try:
            take.spool.save(path)
        except (OSError, ProblemError) as error:
            self.on_words(f"{kept_s:.1f} s could be neither sent nor saved: {clean(str(error))}")
        else:
            self.on_words(f"{kept_s:.1f} s that nobody took there are in {path}")
