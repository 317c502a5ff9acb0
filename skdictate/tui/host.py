"""What the controllers of the app need of it: its parts that they share, and a few commands.

``DictateApp`` is one of these. The controllers (``exiting``, ``saving``, ``readiness`` ...) know
this class and not the app, so that no file imports the file that imports it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.app import App

if TYPE_CHECKING:
    from skdictate.app.worker import Worker
    from skdictate.settings.config import Settings
    from skdictate.system.paths import Paths
    from skdictate.tui.dictation_control import DictationControl
    from skdictate.tui.screens.main_screen import MainScreen


class Host(App[int]):
    """A Textual app with a worker thread, a main screen and the state of the dictation's keys."""

    paths: Paths
    main_screen: MainScreen
    worker: Worker
    """The thread on which dictations run."""
    dictation_control: DictationControl
    """Which of the dictation's keys mean something now."""
    kept: list[int]
    """Numbers of the dictations that this run has added to the library."""

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """The settings of the next dictation."""

    @abstractmethod
    def show_page(self) -> None:
        """Show the page on the main screen, or why it is empty."""

    @abstractmethod
    def action_begin(self) -> None:
        """Start to dictate."""

    @abstractmethod
    def action_stop(self) -> None:
        """Stop recording; the last words are waited for."""
