"""Chooses the microphone; shows the present level of each."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from skdictate.audio.pcm import SILENCE_DBFS, Level
from skdictate.errors import ProblemError
from skdictate.mic_protocol.devices import Device
from skdictate.settings.remembered import RememberedMicrophone
from skdictate.sources import device_survey
from skdictate.text.clean_text import clean
from skdictate.tui.actions import closing
from skdictate.tui.screens.closed_screen import is_closed
from skdictate.tui.widgets.bar import filled
from skdictate.tui.widgets.level_meter import LOUD_DBFS, number, share

FRAME_S = 0.2
"""Interval between updates of the levels."""
BAR_WIDTH = 16
MOST = 12
"""Devices whose level is measured at a time; each takes a process."""


@dataclass
class Row:
    """A device on the screen."""

    microphone: RememberedMicrophone
    label: Content
    level: Level = field(default_factory=Level)
    has_level: bool = False
    trouble: str = ""


class MicrophoneScreen(ModalScreen[RememberedMicrophone | None]):
    """Returns the chosen microphone, or None if the user cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [(closing("m"), "dismiss", "Close")]

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        """Label of the microphone in use."""
        self._rows: list[Row] = []

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with Vertical(id="microphones") as box:
            yield Static("Looking for microphones ...", markup=False)
            yield OptionList()
        box.border_title = "Microphone"
        box.border_subtitle = "Enter chooses, Esc closes"

    def on_mount(self) -> None:
        """Start the search for devices."""
        self.query_one(OptionList).display = False
        self.run_worker(self._look())

    async def _look(self) -> None:
        try:
            listing = await device_survey.survey()
        except ProblemError as error:
            self._say(str(error.problem))
            return
        if is_closed(self):
            return
        if not listing.devices:
            self._say(f"{listing.system} has no microphone. To find out why: skdictate doctor")
            return
        default = next((it.label for it in listing.devices if it.is_default), "")
        follow = f"System default ({default})" if default else "System default"
        self._rows = [Row(RememberedMicrophone(), self._label(follow, is_current=False))]
        self._rows += [self._row(device) for device in listing.devices]
        self._say(f"Microphones of {listing.system} and their levels. Say something.")
        choices = self.query_one(OptionList)
        choices.add_options([Option(self._drawn(row)) for row in self._rows])
        choices.display = True
        choices.focus()
        choices.highlighted = self._start()
        for row in self._rows[1 : MOST + 1]:
            self.run_worker(self._listen(row))
        self.set_interval(FRAME_S, self._draw)

    def _row(self, device: Device) -> Row:
        is_current = device.label == self._current
        return Row(
            RememberedMicrophone(device.name, device.label),
            self._label(device.label, is_current=is_current),
        )

    def _label(self, words: str, *, is_current: bool) -> Content:
        mark = ("● ", "$text-success") if is_current else "  "
        return Content.assemble(mark, (words, "bold" if is_current else ""))

    def _start(self) -> int:
        labels = [row.microphone.label for row in self._rows]
        return labels.index(self._current) if self._current in labels else 0

    async def _listen(self, row: Row) -> None:
        """Measure a device; keep the loudest level since the last update."""
        try:
            async with aclosing(device_survey.levels(row.microphone.name)) as levels:
                async for level in levels:
                    row.level = max(row.level, level, key=lambda it: it.rms_dbfs)
                    row.has_level = True
        except ProblemError as error:
            row.trouble = clean(error.problem.title).removeprefix(row.microphone.label).strip()

    def _draw(self) -> None:
        choices = self.query_one(OptionList)
        for index, row in enumerate(self._rows):
            if row.has_level or row.trouble:
                choices.replace_option_prompt_at_index(index, self._drawn(row))
                row.level = Level()

    def _drawn(self, row: Row) -> Content:
        width = max(10, self.query_one("#microphones").content_size.width - 2)
        tail = self._tail(row)
        room = width - tail.cell_length - 2
        label = row.label.truncate(room, ellipsis=True)
        return label + Content(" " * (width - label.cell_length - tail.cell_length)) + tail

    def _tail(self, row: Row) -> Content:
        if row.trouble:
            return Content.assemble((row.trouble, "$text-error"))
        if not row.has_level:
            return Content("")
        dbfs = row.level.rms_dbfs
        text, rest = filled(share(dbfs), BAR_WIDTH)
        color = "$text-warning" if dbfs > LOUD_DBFS else "$text-success"
        words = "silent" if row.level.peak_dbfs <= SILENCE_DBFS else f"{number(dbfs)} dBFS"
        return Content.assemble((text + rest, f"{color} on $foreground 10%"), f"{words:>9}")

    def _say(self, words: str) -> None:
        if not is_closed(self):
            self.query_one(Static).update(Content(words))

    @on(OptionList.OptionSelected)
    def _choose(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self._rows[message.option_index].microphone)
