"""What the app and this microphone say to each other, whatever line it goes over.

A dictation there is a take here. The app's first acknowledgement begins it, its farewell ends it.
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
"""So much that stays Opus is worth saying."""
MENDING_S = 3.0
"""At the end of a dictation what went as Opus is sent again for so long."""
UNWANTED = ("busy", "stranger", "session")
"""Why nobody listens there any more: then the microphone goes off."""
_APP = re.compile(rb"[0-9a-f]{8,64}")


class Dialogue:
    """Takes, one after the other. Frames in with ``hear``, frames out with ``outgoing``."""

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
        """For the app that is called ``there``; files of the spool may be in the folder."""
        self.on_words: Callable[[str], None] = lambda words: None
        """Told what is worth a line of its own."""
        self.ear = ear
        self.is_done = False
        """There will be no other take, and this one is there."""
        self.app = ""
        """The one that is served, by its id: no other gets what is kept for it."""
        self.token = ""
        """What the app wants to be shown, where this end of the line knows it."""
        self._format = sound
        self._folder = folder
        self._codec = codec
        self._takes_over = takes_over
        self._there = there
        self._sender = secrets.token_hex(16)
        self._is_finishing = self._is_taken = False
        self._is_dismissed = False
        """The app has said on this line that it wants no more; said again, it takes no more."""
        self._mend_until_s = 0.0
        self.take = self._new_take()
        self.group: asyncio.TaskGroup
        """Where capturing runs."""

    # ------------------------------------------------------------------------- its owner's side

    def finish(self) -> None:
        """Capture no more, and begin no other take."""
        self._is_finishing = True
        self.ear.stop()
        self.is_done = self.is_done or not self.take.is_begun

    def end(self) -> None:
        """Bring nothing more."""
        self.is_done = True
        self.ear.stop()

    def cut_off(self) -> None:
        """The line is gone."""
        self._is_taken = False

    def close(self) -> None:
        """Nobody will take what is left."""
        self._save()
        self.take.close()

    def hello(self) -> Frame:
        """Who speaks, and which take comes."""
        said = json.dumps({"token": self.token, **self._facts()}).encode()
        return Frame(Type.HELLO, self.take.flow.acked, time.monotonic_ns(), said)

    def outgoing(self, now_s: float) -> list[Frame]:
        """What is to be said now."""
        if not self._is_taken:
            return []
        frames = list(self.take.outgoing(now_s))
        if self._is_complete(now_s):
            frames.append(Frame(Type.BYE, self.take.head))
            frames += self._next()
        return frames

    # ------------------------------------------------------------------------- the app's side

    def hear(self, frame: Frame) -> list[Frame]:
        """What the app says; and what is to be answered at once.

        Raises:
            LostError: it does not listen, or is not understood.
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
            case Type.BYE:  # it is over, and nothing more is taken
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
        """The app does not listen, and says why."""
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
        """Capture for this take, unless that is done already."""
        if not self.take.is_begun:
            self.take.is_begun = True
            self.group.create_task(self.ear.hear(self.take, self._facts))

    def _end_take(self) -> None:
        if not self.take.is_unwanted:
            self.take.is_unwanted = True
            self.ear.stop()

    def _is_complete(self, now_s: float) -> bool:
        """Everything is there; what went as Opus too, or there was no time for it."""
        if not self.take.is_there:
            self._mend_until_s = now_s + MENDING_S
            return False
        return self.take.mends.n_samples == 0 or now_s >= self._mend_until_s

    def _next(self) -> list[Frame]:
        """Be ready for the next dictation, if there is to be one."""
        has_ended_itself = self.take.is_begun and not self.take.is_unwanted
        if self.take.rough_s >= ROUGH_S and self.take.is_there:
            self.on_words(f"{self.take.rough_s:.0f} s stay there as Opus: the line is too thin")
        self.take.close()
        self.take = self._new_take()
        self._is_taken = False
        self.is_done = has_ended_itself or self._is_finishing
        return [] if self.is_done else [self.hello()]

    def _facts(self) -> dict[str, Any]:
        """Who speaks."""
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
        """Nobody will take what is left any more: a file does."""
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
