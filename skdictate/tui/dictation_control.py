"""The keys' half of a dictation: what they tell the other thread, and which of them mean something.

Space starts and stops, or it is held while one speaks. Held, it pauses and resumes one dictation,
so that what is said in many breaths is one text and one recording.
"""

from __future__ import annotations

from skdictate.app.worker import Worker

HOLD, TOGGLE = "hold", "toggle"
"""The two ways to talk, as in the settings."""
ANSWER_S = 1.0
"""How long a terminal is waited for to say that it reports releases."""
WHY_NOT = "This terminal does not report when a key is released, so space starts and stops."


class DictationControl:
    """Commands, and what is known of the dictation on this side."""

    def __init__(self, worker: Worker, way: str) -> None:
        self.is_held: bool | None = None if way == HOLD else False
        """Space is held to talk; None until the terminal has said whether it can be."""
        self.is_ready = False
        """A dictation may begin."""
        self.is_loading = True
        """It is not known yet whether one may; space is remembered until then."""
        self.is_wanted = False
        """Space was pressed meanwhile."""
        self.is_dictating = False
        self._worker = worker
        self._is_finishing = False
        self._is_down = False
        """Space was pressed, and not let go since, as far as is known."""

    @property
    def way(self) -> str:
        """How space works at present."""
        return HOLD if self.is_held else TOGGLE

    def valid(self, *, is_in_view: bool) -> dict[str, bool]:
        """Which actions do something now; space is not held on what covers the desk."""
        view = self._worker.view
        is_live = self.is_dictating and not self._is_finishing
        is_paused = view is not None and view.is_paused
        may_talk = (self.is_ready or self.is_loading) and not self._is_finishing
        return {
            "begin": not self.is_held and may_talk and not self.is_dictating,
            "stop": not self.is_held and is_live,
            "talk": bool(self.is_held) and may_talk and is_in_view,
            "finish": bool(self.is_held) and is_live,
            "pause": is_live and not is_paused,
            "resume": is_live and is_paused,
            "end_utterance": is_live and not is_paused,
        }

    def begin(self) -> None:
        """Start to dictate, as soon as that can be; a second time before it can: not after all."""
        if self.is_ready:
            self.is_dictating = True
            self._worker.begin()
        else:
            self.is_wanted = self._is_down = not self.is_wanted

    def stop(self) -> None:
        """Capture no more; the rest is waited for."""
        self._is_finishing = True
        self._worker.stop()

    def press(self) -> None:
        """Space goes down: record from here on."""
        self._is_down = True
        if self.is_dictating:
            self._worker.resume()
        elif self.is_ready:
            self.begin()

    def release(self) -> None:
        """Space goes up, or nobody would tell: record nothing until it is pressed again."""
        if self._is_down:
            self._is_down = False
            self._worker.pause()  # nothing, if none runs

    def ready(self) -> bool:
        """A dictation may begin; whether space was pressed for one meanwhile, or is held now."""
        was_wanted = self._is_down if self.is_held else self.is_wanted
        self.is_ready, self.is_loading, self.is_wanted = True, False, False
        return was_wanted

    def failed(self) -> None:
        """None can begin at present: what was pressed meanwhile is forgotten."""
        self.is_loading = self.is_wanted = False
        self.ended()

    def began(self) -> None:
        """The dictation runs; space may have been let go before there was anything to pause."""
        if self.is_held and not self._is_down:
            self._worker.pause()

    def ended(self) -> None:
        """The dictation is over, or none has come about."""
        self.is_dictating = self._is_finishing = self._is_down = False
