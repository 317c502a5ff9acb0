"""Runs one dictation on asyncio: connects the source, the recording, the core, the recogniser's
sessions and the library."""

from skdictate.engine.engine import Engine
from skdictate.engine.outcome import Outcome

__all__ = ["Engine", "Outcome"]
