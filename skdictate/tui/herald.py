"""What the other thread tells, made known to all on this side; apart, since each piece of news
means something to several of them, and they know nothing of one another."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from skdictate.backstage.news import (
    Began,
    Broken,
    Changed,
    Ended,
    Failed,
    News,
    Ready,
    Saved,
)
from skdictate.core.changes import Change, FindingMade, Noticed, SourceNamed
from skdictate.core.elsewhere import Elsewhere
from skdictate.core.findings import Warned
from skdictate.errors import Exit

if TYPE_CHECKING:
    from skdictate.tui.app import DictateApp

MOST_AT_ONCE = 50
"""News that are shown before a key has its turn."""
NOTICE_S = 20.0
"""What has gone wrong once is shown so long."""


class Herald:
    """Reads the mailbox, in order."""

    def __init__(self, app: DictateApp) -> None:
        self._app = app
        self._unread: deque[News] = deque()

    def read(self) -> bool:
        """What is new, though not so much at once that a key would wait; whether that was all."""
        self._unread.extend(self._app.mailbox.take())
        for _ in range(min(MOST_AT_ONCE, len(self._unread))):
            self._tell(self._unread.popleft())
        return not self._unread

    def _tell(self, news: News) -> None:
        app = self._app
        match news:
            case Ready() as ready:
                app.desk.ready(ready)
                app.readiness.equipped(ready)
                app.past.look()
            case Failed(problem):
                app.leaving.failure = problem.exit_code
                app.talk.failed()
                app.desk.failed(problem)
                app.show_page()
                app.leaving.ended()
            case Began() as began:
                app.desk.began(began)
                app.talk.began()
                app.past.room.rest()
                app.saving.show()
                app.show_page()
            case Elsewhere() as elsewhere:
                app.fetching.anew()
                app.show_page()
                if elsewhere.greeting:
                    app.notify(elsewhere.greeting, title="The other machine says", markup=False)
            case Changed(change):
                self._tell_change(change)
            case Ended() as ended:
                self._tell_end(ended)
            case Saved() as saved:
                app.saving.saved(saved)
            case Broken(error):
                raise error

    def _tell_change(self, change: Change) -> None:
        """Something has become of the dictation that runs."""
        app = self._app
        app.desk.changed(change)
        match change:
            case FindingMade(finding) if finding.kind == Warned.kind:
                app.notify(finding.words, severity="warning", markup=False)
            case Noticed(problem):
                app.notify(str(problem), severity="warning", timeout=NOTICE_S, markup=False)
            case SourceNamed(name, was) if was:
                words = f"Now {name}, before {was}."
                app.notify(words, title="Another microphone", markup=False)

    def _tell_end(self, ended: Ended) -> None:
        app = self._app
        problem = ended.outcome.problem
        is_nothing = ended.dictation_id is None and problem is not None
        app.leaving.failure = problem.exit_code if problem and is_nothing else Exit.DONE
        if ended.dictation_id is not None and not ended.is_unsaved:
            app.kept.append(ended.dictation_id)
        if ended.note:
            app.past.say("Sound", ended.note)
        app.talk.ended()
        app.past.room.go_on()
        app.past.look()
        if ended.dictation_id is not None and not ended.is_unsaved:
            app.past.recognise_again(ended.dictation_id, ended.outcome.mended)
        app.desk.ended(ended)
        app.show_page()
        app.saving.ended(ended)
        app.leaving.ended()
