"""The header: state, duration, microphone, recogniser, session and cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from skdictate.core.status import Phase, Status
from skdictate.mic_protocol.remote_status import RemoteStatus
from skdictate.output.phrases import clock

if TYPE_CHECKING:
    from skdictate.app.worker_events import Ready
    from skdictate.engine import Outcome

NARROW = 60
"""Width in cells below which the session number is left out."""
IDLE = "ready"
LOADING = "loading"
FREE = "nothing billed"
SOON = "Loading, then recording"
UNSAVED = "Not all of it is saved"

_LOOKS: dict[str, tuple[str, str]] = {
    LOADING: ("○", "$foreground-muted"),
    IDLE: ("○", "$foreground"),
    Phase.WAITING: ("○", "$text-warning"),
    Phase.CONNECTING: ("◐", "$text-warning"),
    Phase.LISTENING: ("●", "$text-success"),
    Phase.CATCHING_UP: ("◑", "$text-warning"),
    Phase.RECONNECTING: ("◎", "$text-warning"),
    Phase.BLOCKED: ("!", "$text-error"),
    Phase.PAUSED: ("‖", "$text-warning"),
    Phase.FINISHING: ("◐", "$text-warning"),
    Phase.DONE: ("✓", "$text-success"),
}
_WORDS = {
    LOADING: "Loading",
    IDLE: "Ready",
    Phase.WAITING: "Waiting for sound",
    Phase.RECONNECTING: "Reconnecting, still recording",
    Phase.BLOCKED: "Recording, not recognising",
    Phase.FINISHING: "Finishing the last words",
    Phase.DONE: "Finished",
}


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What the header shows."""

    state: str = LOADING
    """A ``Phase``, ``LOADING`` or ``IDLE``."""
    note: str = ""
    """Shown in place of the state's name."""
    names: tuple[str, ...] = ()
    """Source, engine and language."""
    elapsed_s: int = 0
    behind_s: int = 0
    """Seconds of audio that are not sent to the recogniser yet."""
    overruns: int = 0
    """Number of audio overruns."""
    session: int = 0
    billing: str = ""

    @classmethod
    def of(cls, ready: Ready) -> HeaderFacts:
        """The facts before the first dictation."""
        facts = cls(IDLE, billing=FREE if ready.is_local else billed(0))
        return facts.hearing(ready.source, ready)

    def hearing(self, source: str, ready: Ready) -> HeaderFacts:
        """A copy with the names of source, recogniser and languages."""
        names = (source, f"{ready.engine} on {ready.place}", ", ".join(ready.languages))
        return replace(self, names=tuple(name for name in names if name))

    def renewed(self, ready: Ready) -> HeaderFacts:
        """A copy for changed settings; facts about the last dictation stay."""
        fresh = HeaderFacts.of(ready)
        if self.state in (LOADING, IDLE):
            return fresh
        return replace(self, names=fresh.names)

    def hearing_elsewhere(self, elsewhere: RemoteStatus) -> HeaderFacts:
        """A copy with the remote microphone's status in place of its name."""
        facts = replace(self, names=(elsewhere.words, *self.names[1:]))
        if self.state == IDLE and not self.note and not elsewhere.is_attached:
            return replace(facts, note="Waiting for a microphone")
        return facts

    def reset(self) -> HeaderFacts:
        """A copy for a new page."""
        return replace(self, state=IDLE, note="", elapsed_s=0, session=0)

    def while_running(self, status: Status, overruns: int) -> HeaderFacts:
        """A copy with the status of the running dictation."""
        return replace(
            self,
            state=status.phase,
            note="",
            elapsed_s=int(status.recorded_s),
            behind_s=int(status.unsent_s),
            overruns=overruns,
            session=status.n_sessions,
            billing=billed(status.billed_s) if status.limits.unit_s else self.billing,
        )

    def after(
        self, outcome: Outcome, dictation_id: int | None, *, is_unsaved: bool = False
    ) -> HeaderFacts:
        """A copy for a dictation that is over."""
        note = f"Saved as dictation {dictation_id}" if dictation_id is not None else ""
        note = UNSAVED if is_unsaved else note
        if outcome.n_gaps:
            parts = "1 part" if outcome.n_gaps == 1 else f"{outcome.n_gaps} parts"
            note += f", {parts} not recognised"
        done = Phase.BLOCKED if is_unsaved else Phase.DONE
        return replace(
            self,
            state=done if note else IDLE,
            note=note,
            elapsed_s=outcome.audio_ms // 1000,
            session=outcome.n_sessions,
            billing=billed(outcome.billed_s) if outcome.billed_s else self.billing,
        )

    def saved(self, dictation_id: int | None) -> HeaderFacts:
        """A copy after an unsaved dictation has been saved."""
        if not self.note.startswith(UNSAVED):
            return self
        note = self.note.replace(UNSAVED, f"Saved as dictation {dictation_id}")
        return replace(self, state=Phase.DONE, note=note)


def billed(billed_s: int) -> str:
    """Billed seconds as text."""
    return f"{clock(billed_s * 1000)} billed"


class StatusHeader(Widget):
    """Draws the facts in two rows, or one on a low screen."""

    facts: reactive[HeaderFacts] = reactive(HeaderFacts())

    def render(self) -> RenderResult:
        """First row: state and time; second row: names, session and cost."""
        width = self.size.width
        return Content("\n").join([self._first(width), self._second(width)])

    def _first(self, width: int) -> Content:
        sign, color = _LOOKS[self.facts.state]
        word = self.facts.note or _WORDS.get(self.facts.state, self.facts.state.capitalize())
        main, comma, more = word.partition(",")  # a narrow row cuts what follows, not the number
        state = Content.assemble((f"{sign} {main}", f"bold {color}"))
        extras = Content.assemble((comma + more, f"bold {color}"))
        if self.facts.behind_s >= 1:
            extras += Content.assemble((f"  {self.facts.behind_s} s behind", "$text-warning"))
        if self.facts.overruns:
            times = "1 overrun" if self.facts.overruns == 1 else f"{self.facts.overruns} overruns"
            extras += Content.assemble((f"  {times}", "$text-warning"))
        time = Content.assemble((clock(self.facts.elapsed_s * 1000), "bold"))
        room = max(0, width - state.cell_length - time.cell_length - 1)
        return _spread(state + extras.truncate(room, ellipsis=True), time, width)

    def _second(self, width: int) -> Content:
        facts = self.facts
        left = Content.assemble((" · ".join(facts.names), "$foreground-muted"))
        session = f"session {facts.session}" if facts.session and width >= NARROW else ""
        is_free = facts.billing == FREE
        billing = "" if is_free and width < NARROW else facts.billing
        words = " · ".join(word for word in (session, billing) if word)
        return _spread(left, Content.assemble((words, "$foreground-muted")), width)


def _spread(left: Content, right: Content, width: int) -> Content:
    """A row with text at both edges; the left one is truncated if needed."""
    room = max(0, width - right.cell_length - 1)
    if left.cell_length > room:
        left = left.truncate(room, ellipsis=True)
    return left + Content(" " * max(0, width - left.cell_length - right.cell_length)) + right
