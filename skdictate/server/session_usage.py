"""Counts what one session uses: sound, bytes, messages, time.

Anything that costs work or occupies a session is limited, even where SpeechKit documents no limit.
These extra limits are far above what sound can need.
"""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.server.session_rules import SessionRules, invalid_request, session_too_long, too_many

FREE_MESSAGES, MESSAGES_PER_S = 2_000, 200
"""Messages that are always allowed, and those allowed in addition for each second of sound and of
waiting. Chunks of 10 ms make 100 a second."""
FREE_ENDS, ENDS_PER_S = 20, 2
"""Client-side ends of utterances, in the same way. Each starts the recogniser anew, and a spoken
word takes half a second."""
MOST_SETTINGS_BYTES = 262_144
"""The longest first message: the instructions for a summary may be long."""
MOST_FRAME_BYTES = 4_096
"""Bytes that a later message may hold besides its audio."""
WAITS_S = 60.0
"""Seconds that a client may take in total beyond the length of a session."""


class Usage:
    """Counts the use of one session and refuses what exceeds the limits."""

    def __init__(self, rules: SessionRules) -> None:
        self._rules = rules
        self._format: Format | None = None
        self.n_samples = 0
        self._n_bytes = 0
        self._n_messages = 0
        self._n_ends = 0
        self._waited_s = 0.0

    def begin(self, sound: Format, size_bytes: int) -> None:
        """Start counting with the first message, of this size on the wire.

        Raises:
            RefusedError: it is too long.
        """
        if size_bytes > MOST_SETTINGS_BYTES:
            raise invalid_request(f"The first message may have {MOST_SETTINGS_BYTES} bytes")
        self._format = sound

    def add_wait(self, time_s: float) -> None:
        """Count seconds spent waiting for the client.

        Raises:
            RefusedError: it takes more time than a session has.
        """
        self._waited_s += time_s
        if self._waited_s > self._rules.session_s + WAITS_S:
            raise session_too_long()

    def add_message(self, size_bytes: int, audio_bytes: int) -> None:
        """Count a message of this size on the wire, of which ``audio_bytes`` are audio.

        Raises:
            RefusedError: the message is too long, or there were too many.
        """
        if size_bytes - audio_bytes > MOST_FRAME_BYTES:
            raise invalid_request(f"A message may have {MOST_FRAME_BYTES} bytes beside its audio")
        self._n_messages += 1
        self._n_bytes += audio_bytes
        self._check()
        allowed = FREE_MESSAGES + MESSAGES_PER_S * (self._sound_s + self._waited_s)
        if self._n_messages > allowed:
            raise too_many("messages")

    def end(self) -> None:
        """Count an end of utterance that the client sent, at a new position.

        Raises:
            RefusedError: there were too many for the sound so far.
        """
        self._n_ends += 1
        if self._n_ends > FREE_ENDS + ENDS_PER_S * self._sound_s:
            raise too_many("ends of utterances")

    def add_samples(self, n_samples: int) -> None:
        """Count samples of the sound.

        Raises:
            RefusedError: it is more than a session may have.
        """
        self.n_samples += n_samples
        self._check()

    @property
    def _sound_s(self) -> float:
        return self._format.seconds(self.n_samples) if self._format else 0.0

    def _check(self) -> None:
        if self._format is not None:
            self._rules.check(self._format, self.n_samples, self._n_bytes)
