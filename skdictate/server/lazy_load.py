"""A recogniser that is loaded while the server is already there."""

from __future__ import annotations

from collections.abc import Callable

from skdictate.server.recogniser import Moonshine, Recogniser, RecogniserStream

Loader = Callable[[], Recogniser]


class LazyRecogniser:
    """Loaded on the recogniser's thread before anything else, so that early sessions wait."""

    name = Moonshine.name
    language = Moonshine.language

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._loaded: Recogniser | None = None

    def load(self) -> None:
        """Load it.

        Raises:
            ProblemError: there is no embedded recogniser on this machine.
        """
        self._loaded = self._loader()
        self.name, self.language = self._loaded.name, self._loaded.language

    def open(self, rate_hz: int) -> RecogniserStream:
        """A new stream of sound at that rate."""
        assert self._loaded is not None
        return self._loaded.open(rate_hz)
