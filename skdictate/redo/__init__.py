"""Recognises stretches of an old dictation again, and puts the new text in the place of the old."""

from skdictate.redo.redo import Choice, Redo
from skdictate.redo.report import Progress, Report

__all__ = ["Choice", "Progress", "Redo", "Report"]
