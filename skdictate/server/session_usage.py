"""What one session has used of what it may: sound, bytes, messages, time.

Clients send what they like, so whatever costs work or keeps a seat is counted here, also where the
service names no limit. Those limits are far above what sound can need.
"""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.server.session_rules import SessionRules, late, many, wrong

FREE_MESSAGES, MESSAGES_PER_S = 2_000, 200
"""So many messages, and so many more for each second of sound and of time: chunks of 10 ms are
half as many."""
FREE_ENDS, ENDS_PER_S = 20, 2
"""The same for ends of utterances in different places: each has the recogniser begin anew, and
people take half a second for a word."""
MOST_SETTINGS_BYTES = 262_144
"""The longest first message: an instruction for a summary may be long."""
MOST_FRAME_BYTES = 4_096
"""What another message may hold beside its sound."""
WAITS_S = 60.0
"""A client may send its sound so much more slowly than it was spoken, in all."""


class Usage:
    """Counts, and refuses what is too much."""

    def __init__(self, rules: SessionRules) -> None:
        self._rules = rules
        self._format: Format | None = None
        self.n_samples = 0
        self._n_bytes = 0
        self._n_messages = 0
        self._n_ends = 0
        self._waited_s = 0.0

    def begin(self, sound: Format, size_bytes: int) -> None:
        """The first message has come.

        Raises:
            RefusedError: it is too long.
        """
        if size_bytes > MOST_SETTINGS_BYTES:
            raise wrong(f"The first message may have {MOST_SETTINGS_BYTES} bytes")
        self._format = sound

    def waited(self, time_s: float) -> None:
        """So long the client was waited for.

        Raises:
            RefusedError: it takes more time than a session has.
        """
        self._waited_s += time_s
        if self._waited_s > self._rules.session_s + WAITS_S:
            raise late()

    def message(self, size_bytes: int, audio_bytes: int) -> None:
        """A message has come, so many bytes of it audio.

        Raises:
            RefusedError: it holds too much, or there were too many.
        """
        if size_bytes - audio_bytes > MOST_FRAME_BYTES:
            raise wrong(f"A message may have {MOST_FRAME_BYTES} bytes beside its audio")
        self._n_messages += 1
        self._n_bytes += audio_bytes
        self._check()
        allowed = FREE_MESSAGES + MESSAGES_PER_S * (self._sound_s + self._waited_s)
        if self._n_messages > allowed:
            raise many("messages")

    def end(self) -> None:
        """The client has ended an utterance, in another place than before.

        Raises:
            RefusedError: there were too many of them for the sound that there was.
        """
        self._n_ends += 1
        if self._n_ends > FREE_ENDS + ENDS_PER_S * self._sound_s:
            raise many("ends of utterances")

    def sound(self, n_samples: int) -> None:
        """There is more sound, out of a message.

        Raises:
            RefusedError: it is too much for a session.
        """
        self.n_samples += n_samples
        self._check()

    @property
    def _sound_s(self) -> float:
        return self._format.seconds(self.n_samples) if self._format else 0.0

    def _check(self) -> None:
        if self._format is not None:
            self._rules.check(self._format, self.n_samples, self._n_bytes)
