"""The app: keys to commands, news to widgets. All that takes time happens backstage."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.events import AppBlur
from textual.screen import Screen

from skdictate.backstage import (
    Backstage,
    Began,
    Broken,
    Changed,
    Ended,
    Failed,
    News,
    Ready,
    Saved,
)
from skdictate.children import environ
from skdictate.core.changes import Change, FindingMade, Noticed, SourceNamed
from skdictate.core.elsewhere import Elsewhere, is_elsewhere
from skdictate.core.findings import Warned
from skdictate.errors import Exit
from skdictate.paths import Paths
from skdictate.tui import clipboard, palette, terminal
from skdictate.tui.actions import bindings
from skdictate.tui.mailbox import Mailbox
from skdictate.tui.messages import Noted, Released, Reported, Told
from skdictate.tui.past import Past
from skdictate.tui.saving import Saving
from skdictate.tui.screens.desk import Desk
from skdictate.tui.screens.findings import FindingsScreen
from skdictate.tui.screens.help import HelpScreen
from skdictate.tui.screens.microphones import MicrophonesScreen
from skdictate.tui.talk import ANSWER_S, HOLD, WHY_NOT, Talk
from skdictate.tui.widgets.welcome import GREETINGS

if TYPE_CHECKING:
    from skdictate.config import Settings
    from skdictate.ledger import Ledger
    from skdictate.memory import Microphone
    from skdictate.speechkit.auth import Issuer
    from skdictate.studio import Studio

LEAVE_S = 5.0
"""When the app is left while it records, the last words are waited for this long."""
MOST_AT_ONCE = 50
"""News that are shown before a key has its turn."""
NOTICE_S = 20.0
"""What has gone wrong once is shown so long."""
OFFER_S = 0.25
"""Between two looks at what could be recognised yet, and how far that is."""


class DictateApp(App[int]):
    """Dictation in a terminal."""

    CSS_PATH = "style.tcss"
    TITLE = "skdictate"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings())
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        stdin_fd: int = 0,
        origins: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(terminal.driver(reports_releases=settings.talk == HOLD))
        self.settings = settings
        """Those of the next dictation."""
        self.paths = paths
        self._given = settings, origins or {}
        """Those of the start of the program, and where they came from."""
        self._issuer: Issuer | None = None
        """Who was signed in here, in place of whoever is found."""
        self.desk = Desk(lambda: self.backstage.view, lambda: self.backstage.elsewhere)
        self.kept: list[int] = []
        """Numbers of the dictations that this run has added to the library."""
        self.mailbox = Mailbox(lambda: self.post_message(Told()))
        """What the other thread tells."""
        self._unread: deque[News] = deque()
        self.backstage = Backstage(self._build, self.mailbox.put)
        self.past = Past(self)
        self.talk = Talk(self.backstage, settings.talk)
        self._stdin_fd = stdin_fd
        self.saving = Saving(self)
        self._n_copied = 0
        """How many lines of the invitation were copied."""
        self._is_equipped = False
        self._may_end_utterance = False
        """The recogniser lets the user end a sentence."""
        self._is_leaving = False
        self._failure = Exit.DONE
        """Why no dictation could begin, as an exit code."""
        self._code = Exit.DONE

    def get_default_screen(self) -> Desk:
        """The one below all others."""
        return self.desk

    def on_mount(self) -> None:
        """Paint first, load then."""
        self.call_after_refresh(self.backstage.start)
        self.desk.set_interval(OFFER_S, self._offer)  # as long as there is a desk
        if self.talk.is_held is None:
            self.set_timer(ANSWER_S, self._give_up_holding)

    def _show_page(self) -> None:
        words = GREETINGS[self.talk.way if self.talk.is_ready else ""]
        self.desk.show_page(words, is_awaiting=self.talk.is_dictating)

    # ------------------------------------------------------------------------- news

    def _build(self) -> Studio:
        return self.studio_for(self.settings)

    def studio_for(self, settings: Settings) -> Studio:
        """One by these settings, for the user of this app; on any thread."""
        from skdictate.studio import Studio

        issuer = self._issuer
        if issuer is None and settings.api_key_file == "-":
            issuer = self.backstage.issuer  # standard input says it only once
        return Studio(settings, self.paths, stdin_fd=self._stdin_fd, issuer=issuer)

    @on(Told)
    def _hear(self) -> None:
        """What is new; not so much at once that a key would wait."""
        self._unread.extend(self.mailbox.take())
        for _ in range(min(MOST_AT_ONCE, len(self._unread))):
            self._heed(self._unread.popleft())
        if self._unread:
            self.post_message(Told())

    def _heed(self, news: News) -> None:
        match news:
            case Ready() as ready:
                self._is_equipped = True
                may_end = ready.is_local or self.settings.eou == "external"
                self._may_end_utterance = may_end and self.settings.api == "v3"
                self.desk.ready(ready)
                self._get_ready()
                self.past.look()
            case Failed(problem):
                self._failure = problem.exit_code
                self.talk.ended()
                self.desk.failed(problem)
                self._show_page()
            case Began() as began:
                self.desk.began(began)
                self.talk.began()
                self.past.room.rest()
                self.saving.show()
                self._show_page()
            case Elsewhere() as elsewhere:
                self._n_copied = 0
                self._show_page()
                if elsewhere.greeting:
                    self.notify(elsewhere.greeting, title="The other machine says", markup=False)
            case Changed(change):
                self._show(change)
            case Ended() as ended:
                self._end(ended)
            case Saved() as saved:
                self.saving.saved(saved)
            case Broken(error):
                raise error

    def _show(self, change: Change) -> None:
        """Something has become of the dictation that runs."""
        self.desk.changed(change)
        match change:
            case FindingMade(finding) if finding.kind == Warned.kind:
                self.notify(finding.words, severity="warning", markup=False)
            case Noticed(problem):
                self.notify(str(problem), severity="warning", timeout=NOTICE_S, markup=False)
            case SourceNamed(name, was) if was:
                words = f"Now {name}, before {was}."
                self.notify(words, title="Another microphone", markup=False)

    def _end(self, ended: Ended) -> None:
        problem = ended.outcome.problem
        is_nothing = ended.dictation_id is None and problem is not None
        self._failure = problem.exit_code if problem and is_nothing else Exit.DONE
        if ended.dictation_id is not None and not ended.is_unsaved:
            self.kept.append(ended.dictation_id)
        if ended.note:
            self.past.say("Sound", ended.note)
        self.talk.ended()
        self.past.room.go_on()
        self.past.look()
        self.desk.ended(ended)
        self._show_page()
        self.saving.ended(ended)
        if self._is_leaving:
            self._is_leaving = False
            self.leave(self._code)

    def _offer(self) -> None:
        self.desk.offer(self.past.found, self.past.room.at, is_dictating=self.talk.is_dictating)

    @on(Noted)
    def _hear_of_past(self, message: Noted) -> None:
        self.past.hear(message.word)

    @on(Reported)
    def _learn(self, message: Reported) -> None:
        """What the keyboard can tell is known."""
        self.talk.is_held = message.has_releases
        self._get_ready()
        if not self.talk.is_held:
            self.notify(WHY_NOT, severity="warning", timeout=10, markup=False)

    def _give_up_holding(self) -> None:
        """The terminal does not answer; where it does so later, that counts."""
        if self.talk.is_held is None:
            self._learn(Reported(has_releases=False))

    def _get_ready(self) -> None:
        """Once the settings are known to make sense, and what the keyboard can tell."""
        if self._is_equipped and self.talk.is_held is not None:
            was_ready, self.talk.is_ready = self.talk.is_ready, True
            self._show_page()
            is_microphone = self.settings.source.startswith("mic") or is_elsewhere(
                self.settings.source
            )
            if not (was_ready or self.talk.is_held or is_microphone):
                self.action_begin()

    @on(Released)
    @on(AppBlur)
    def _let_go(self) -> None:
        """Space is up, or its release would be told to another window."""
        self.talk.release()

    # ------------------------------------------------------------------------- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which keys do something now; the footer shows those."""
        is_empty = self.desk.page.is_empty
        valid = self.talk.valid(is_in_view=self.screen is self.desk) | {
            "retry": (self.desk.is_cut_off and self.talk.is_dictating) or self.desk.is_calling,
            "copy": self.desk.invitation is not None,
            "log_in": bool(self.desk.login),
            "save": not is_empty,
            "new": not is_empty and not self.talk.is_dictating,
            "findings": self.desk.page.n_findings > 0,
            "recognise": self.past.has_work and not self.talk.is_dictating,
        }
        may_end = self._may_end_utterance and not self.desk.is_cut_off
        if action == "end_utterance" and not may_end:
            return False
        return valid.get(action, True)

    def action_begin(self) -> None:
        """Start to dictate."""
        self.talk.begin()
        self.refresh_bindings()

    def action_stop(self) -> None:
        """Stop recording."""
        self.talk.stop()
        self.refresh_bindings()

    def action_talk(self) -> None:
        """Record while space is held."""
        self.talk.press()

    action_finish = action_stop

    def action_pause(self) -> None:
        """Record nothing for a while."""
        self.backstage.pause()

    def action_resume(self) -> None:
        """Record again."""
        self.backstage.resume()

    def action_end_utterance(self) -> None:
        """End the sentence here."""
        self.backstage.end_utterance()

    def action_microphones(self) -> None:
        """Choose the microphone."""
        self.push_screen(MicrophonesScreen(self.desk.source), self._choose)

    def _choose(self, microphone: Microphone | None) -> None:
        if microphone is not None:
            self.settings = replace(self.settings, source="mic", source_command=())
            self.backstage.choose(microphone)

    def action_findings(self) -> None:
        """What was found beside the text."""
        self.push_screen(FindingsScreen(self.desk.page))

    def action_settings(self) -> None:
        """Look at all settings, and change them."""
        from skdictate.tui.screens.settings import SettingsScreen

        screen = SettingsScreen(self.ledger, is_dictating=self.talk.is_dictating)
        self.push_screen(screen, self._take_up)

    @cached_property
    def ledger(self) -> Ledger:
        """The settings as the user edits them."""
        from skdictate.ledger import Ledger

        return Ledger(*self._given, self.paths.config_file)

    def _take_up(self, changed: set[str] | None) -> None:
        """Go by what was changed, from the next dictation on."""
        if changed:
            now = self.ledger.effective(self.settings)
            values = {name: getattr(now, name) for name in changed}
            self.settings = replace(self.settings, **values)
            self.backstage.renew()
            if self.talk.is_dictating:
                self.notify("They count from the next dictation.", title="Settings", markup=False)

    def action_sign_in(self) -> None:
        """Sign in to SpeechKit with a key."""
        from skdictate.tui.screens.sign_in import SignInScreen

        self.push_screen(SignInScreen(self.settings, self.paths), self._signed_in)

    def _signed_in(self, issuer: Issuer | None) -> None:
        """Show the service this, now and until the end of the program."""
        if issuer is not None:
            self._issuer = issuer
            self.backstage.sign_in(issuer)

    def action_retry(self) -> None:
        """Connect now."""
        self.backstage.retry()

    def action_log_in(self) -> None:
        """Let ssh ask in the terminal what it has to ask."""
        if self.desk.login:
            with self.suspend():
                done = subprocess.run(self.desk.login, env=environ())
            if done.returncode == 0:
                self.backstage.logged_in()

    def action_copy(self) -> None:
        """Copy a line that brings a microphone here; the next time, the next one."""
        if (asked := self.desk.invitation) is not None:
            line = asked.lines[self._n_copied % len(asked.lines)]
            self._n_copied += 1
            clipboard.offer(self, line.text)
            self.clear_notifications()
            title = f"For the clipboard: {line.where}"
            self.notify(line.text, title=title, markup=False)

    def action_recognise(self) -> None:
        """Recognise what is unfinished, or stop that."""
        self.past.recognise()

    def action_history(self) -> None:
        """Dictations of before."""
        self.past.browse()

    def action_save(self) -> None:
        """Write the page to a file."""
        self.saving.save()

    def action_new(self) -> None:
        """Begin a clean page."""
        self.desk.anew()
        self._show_page()

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(HelpScreen(self.paths, self.talk.way))

    async def action_quit(self) -> None:
        """Leave; a dictation that runs is finished first, a second time at once."""
        self.leave(Exit.DONE, is_urgent=self._is_leaving)

    def action_leave(self) -> None:
        """The same, by the keys of every terminal program."""
        self.leave(Exit.DONE, is_urgent=self._is_leaving)

    def leave(self, code: Exit, *, is_urgent: bool = False) -> None:
        """End the app in good order; if it is urgent, without waiting for the last words."""
        if not self.talk.is_dictating:
            if code or not self.saving.holds_back():
                self.leave_now(code)
        elif is_urgent:
            self.backstage.abandon()
        elif not self._is_leaving:
            self._is_leaving = True
            self._code = code
            self.action_stop()
            self.set_timer(LEAVE_S, self.backstage.abandon)

    def leave_now(self, code: Exit = Exit.DONE) -> None:
        """End the app; what is not saved by now is said."""
        self.exit(code or self._failure or (Exit.DISK if self.saving.unsaved else Exit.DONE))

    def panic(self, *renderables: RenderableType) -> None:
        """Something broke; where it is the terminal that is gone, that is no mistake of ours."""
        if terminal.is_gone():
            self.leave(Exit.HANGUP)
        else:
            super().panic(*renderables)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        return palette.commands(self, super().get_system_commands(screen))
