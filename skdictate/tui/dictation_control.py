"""State of the dictation keys: which of them work now, and what they tell the worker thread.

Space starts and stops a dictation, or is held down to record. When held, it pauses and resumes one
dictation, so that several utterances form one text and one recording.
"""

from __future__ import annotations

from skdictate.app.worker import Worker

HOLD, TOGGLE = "hold", "toggle"
"""Values of the setting ``talk``."""
ANSWER_S = 1.0
"""How long to wait for the terminal's answer whether it reports key releases."""
WHY_NOT = "This terminal does not report key releases. Press space to start and to stop."


class DictationControl:
    """Starts, pauses and stops dictations by key; tracks what the keys may do."""

    def __init__(self, worker: Worker, way: str) -> None:
        self.is_held: bool | None = None if way == HOLD else False
        """Whether space is held to talk; None until the terminal's answer is known."""
        self.is_ready = False
        """Whether a dictation may begin."""
        self.is_loading = True
        """Whether ``is_ready`` is still undecided; a press of space is remembered until then."""
        self.is_wanted = False
        """Whether space was pressed while loading."""
        self.is_dictating = False
        self._worker = worker
        self._is_finishing = False
        self._is_down = False
        """Whether space is held down, as far as is known."""

    @property
    def way(self) -> str:
        """How space works now: ``HOLD`` or ``TOGGLE``."""
        return HOLD if self.is_held else TOGGLE

    def valid(self, *, is_in_view: bool) -> dict[str, bool]:
        """Action name to whether it does something now.

        Args:
            is_in_view: whether the main screen is on top; only there space can be held to talk.
        """
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
        """Start a dictation, or remember to; while loading, a second press cancels the first."""
        if self.is_ready:
            self.is_dictating = True
            self._worker.begin()
        else:
            self.is_wanted = self._is_down = not self.is_wanted

    def stop(self) -> None:
        """Stop recording; the recogniser finishes the rest."""
        self._is_finishing = True
        self._worker.stop()

    def press(self) -> None:
        """Space was pressed: record from now on."""
        self._is_down = True
        if self.is_dictating:
            self._worker.resume()
        elif self.is_ready:
            self.begin()

    def release(self) -> None:
        """Space was released, or may have been unseen: pause until it is pressed again."""
        if self._is_down:
            self._is_down = False
            self._worker.pause()  # has no effect without a dictation

    def ready(self) -> bool:
        """Note that a dictation may begin.

        Returns:
            Whether one should: space was pressed while loading, or is held down now.
        """
        was_wanted = self._is_down if self.is_held else self.is_wanted
        self.is_ready, self.is_loading, self.is_wanted = True, False, False
        return was_wanted

    def failed(self) -> None:
        """Note that no dictation can begin; a remembered press of space is dropped."""
        self.is_loading = self.is_wanted = False
        self.ended()

    def began(self) -> None:
        """Note that the dictation runs; pause it if space was released before it began."""
        if self.is_held and not self._is_down:
            self._worker.pause()

    def ended(self) -> None:
        """Note that the dictation is over, or did not begin."""
        self.is_dictating = self._is_finishing = self._is_down = False
