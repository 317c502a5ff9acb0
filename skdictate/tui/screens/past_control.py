"""What the screens of earlier dictations need of the controller behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from skdictate.app.reprocess_queue import ReprocessQueue
    from skdictate.settings.config import Settings


class PastControl(Protocol):
    """Commands on dictations that are over; ``PastDictations`` has them."""

    reprocess_queue: ReprocessQueue
    """Reprocesses one dictation after the other."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def engine(self) -> str:
        """The recogniser in force, as text for a person."""

    def export(self, number: int) -> None:
        """Write the text of a dictation to a file in the working folder."""

    def delete(self, number: int) -> bool:
        """Delete a dictation, sound and text; returns whether it is gone."""
