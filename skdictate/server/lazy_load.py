"""A recogniser that is loaded while the server already accepts connections."""

from __future__ import annotations

from collections.abc import Callable

from skdictate.server.recogniser import Moonshine, Recogniser, RecogniserStream

Loader = Callable[[], Recogniser]


class LazyRecogniser:
    """Loaded on the recogniser's thread before any other work, so early sessions wait for it."""

    name = Moonshine.name
    language = Moonshine.language

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._loaded: Recogniser | None = None

    def load(self) -> None:
        """Load the recogniser.

        Raises:
            ProblemError: this machine has no embedded recogniser.
        """
        self._loaded = self._loader()
        self.name, self.language = self._loaded.name, self._loaded.language

    def open(self, rate_hz: int) -> RecogniserStream:
        """Open a new stream of sound at this sample rate."""
        assert self._loaded is not None
        return self._loaded.open(rate_hz)
