"""Passes the worker thread's events to the controllers and the main screen.

An event may concern several controllers, which do not know each other.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from skdictate.app.worker_events import (
    Began,
    Broken,
    Changed,
    Ended,
    Failed,
    Ready,
    Saved,
    WorkerEvent,
)
from skdictate.core.changes import Change, FindingMade, Noticed, SourceNamed
from skdictate.core.findings import Warned
from skdictate.errors import Exit
from skdictate.mic_protocol.remote_status import RemoteStatus

if TYPE_CHECKING:
    from skdictate.tui.event_queue import EventQueue
    from skdictate.tui.exiting import Exiting
    from skdictate.tui.host import Host
    from skdictate.tui.mic_login import MicLogin
    from skdictate.tui.past_dictations import PastDictations
    from skdictate.tui.readiness import Readiness
    from skdictate.tui.saving import Saving

MOST_AT_ONCE = 50
"""Events that are handled before Textual gets to handle a key."""
NOTICE_S = 20.0
"""How long a notice about a single failure is shown."""


class Dispatcher:
    """Handles the events of the queue in order."""

    def __init__(
        self,
        app: Host,
        event_queue: EventQueue,
        exiting: Exiting,
        readiness: Readiness,
        past: PastDictations,
        saving: Saving,
        mic_login: MicLogin,
    ) -> None:
        self._app = app
        self._event_queue = event_queue
        self._exiting = exiting
        self._readiness = readiness
        self._past = past
        self._saving = saving
        self._mic_login = mic_login
        self._unread: deque[WorkerEvent] = deque()

    def dispatch(self) -> bool:
        """Handle up to ``MOST_AT_ONCE`` events.

        Returns:
            Whether the queue is empty now.
        """
        self._unread.extend(self._event_queue.drain())
        for _ in range(min(MOST_AT_ONCE, len(self._unread))):
            self._handle(self._unread.popleft())
        return not self._unread

    def _handle(self, event: WorkerEvent) -> None:
        app = self._app
        match event:
            case Ready() as ready:
                app.main_screen.ready(ready)
                self._readiness.settings_checked(ready)
                self._past.check_library()
            case Failed(problem):
                self._exiting.failure = problem.exit_code
                app.dictation_control.failed()
                app.main_screen.failed(problem)
                app.show_page()
                self._exiting.ended()
            case Began() as began:
                app.main_screen.began(began)
                app.dictation_control.began()
                self._past.reprocess_queue.pause()
                self._saving.show()
                app.show_page()
            case RemoteStatus() as elsewhere:
                self._mic_login.reset()
                app.show_page()
                if elsewhere.greeting:
                    app.notify(
                        elsewhere.greeting, title="Message from the other machine", markup=False
                    )
            case Changed(change):
                self._handle_change(change)
            case Ended() as ended:
                self._handle_end(ended)
            case Saved() as saved:
                self._saving.saved(saved)
            case Broken(error):
                raise error

    def _handle_change(self, change: Change) -> None:
        """Show a change of the running dictation."""
        app = self._app
        app.main_screen.changed(change)
        match change:
            case FindingMade(finding) if finding.kind == Warned.kind:
                app.notify(finding.words, severity="warning", markup=False)
            case Noticed(problem):
                app.notify(str(problem), severity="warning", timeout=NOTICE_S, markup=False)
            case SourceNamed(name, was) if was:
                words = f"Now using {name} instead of {was}."
                app.notify(words, title="Microphone changed", markup=False)

    def _handle_end(self, ended: Ended) -> None:
        app = self._app
        problem = ended.outcome.problem
        is_nothing = ended.dictation_id is None and problem is not None
        self._exiting.failure = problem.exit_code if problem and is_nothing else Exit.DONE
        if ended.dictation_id is not None and not ended.is_unsaved:
            app.kept.append(ended.dictation_id)
        if ended.note:
            self._past.notify("Recording", ended.note)
        app.dictation_control.ended()
        self._past.reprocess_queue.resume()
        self._past.check_library()
        if ended.dictation_id is not None and not ended.is_unsaved:
            self._past.recognise_again(ended.dictation_id, ended.outcome.repaired)
        app.main_screen.ended(ended)
        app.show_page()
        self._saving.ended(ended)
        self._exiting.ended()
