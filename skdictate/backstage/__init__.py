"""Dictation on a thread of its own, with an event loop of its own, behind a screen."""

from skdictate.backstage.backstage import Backstage

__all__ = ["Backstage"]
