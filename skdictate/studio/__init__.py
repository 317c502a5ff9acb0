"""Builds what a dictation needs from the settings: source, backend, keeper, engine."""

from skdictate.studio.disagreement import disagreement
from skdictate.studio.studio import Studio

__all__ = ["Studio", "disagreement"]
