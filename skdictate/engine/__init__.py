"""The shell around the core: source to recording to core to links to library."""

from skdictate.engine.engine import Engine
from skdictate.engine.outcome import Outcome

__all__ = ["Engine", "Outcome"]
