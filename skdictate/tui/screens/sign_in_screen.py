"""Asks for a SpeechKit key without showing it, and stores it as ``skdictate auth login`` does."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from skdictate.errors import Problem, ProblemError
from skdictate.speechkit.auth import Issuer
from skdictate.speechkit.auth.sign_in import KeyStorage, describe, issuer_of, names_with_precedence
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean
from skdictate.tui.screens.closed_screen import is_closed
from skdictate.tui.widgets.secret_field import SecretField

if TYPE_CHECKING:
    from skdictate.settings.config import Settings

WHAT = "Paste an API key of a service account, an IAM token, or a whole key.json. It is not shown."


class SignInScreen(ModalScreen[Issuer | None]):
    """Returns the issuer of the credential, or None if the user cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close")]

    def __init__(self, settings: Settings, paths: Paths) -> None:
        super().__init__()
        self._settings = settings
        self._paths = paths
        self._keeping: KeyStorage | None = None
        """Where the key will be stored, once that is known."""

    def compose(self) -> ComposeResult:
        """A box with a hidden input, an error message, and where the key is stored."""
        with Vertical(id="sign-in") as box:
            yield Static(Content(WHAT), id="about")
            yield SecretField()
            yield Static(markup=False, id="wrong")
            yield Static(markup=False, id="place")
        box.border_title = "Sign in to SpeechKit"
        box.border_subtitle = "Enter saves the key, Esc closes"

    def on_mount(self) -> None:
        """Find out where the key will be stored, in the background: a keyring may be slow."""
        self.query_one(SecretField).focus()
        self._find("")

    def _find(self, why_no_keyring: str) -> None:
        self._keeping = None
        self._say_place("Looking for a keyring ...")
        self.run_worker(self._find_place(why_no_keyring))

    async def _find_place(self, why_no_keyring: str) -> None:
        self._keeping = await asyncio.to_thread(
            KeyStorage.at, self._paths, why_no_keyring=why_no_keyring
        )
        self._say_place(f"The key will be stored in {self._keeping.description}.")

    def _say_place(self, words: str) -> None:
        if not is_closed(self):
            self.query_one("#place", Static).update(Content(clean(words)))

    def _say_wrong(self, problem: Problem | None) -> None:
        words = clean(str(problem)) if problem is not None else ""
        if not is_closed(self):
            self.query_one("#wrong", Static).update(Content(words))

    @on(SecretField.Entered)
    def _enter(self) -> None:
        """Check the key's form, and store it."""
        if self._keeping is None:
            return
        text = self.query_one(SecretField).take()
        try:
            issuer_of(text, "What was typed", self._settings)
            issuer = issuer_of(text, self._keeping.place, self._settings)
        except ProblemError as error:
            self._say_wrong(error.problem)
            return
        self._say_wrong(None)
        self._say_place(f"Storing the key in {self._keeping.place} ...")
        self.run_worker(self._keep(self._keeping, text, issuer))
        self._keeping = None

    async def _keep(self, keeping: KeyStorage, text: str, issuer: Issuer) -> None:
        try:
            await asyncio.to_thread(keeping.store, text)
        except ProblemError as error:
            self._say_wrong(error.problem)
            if not is_closed(self):
                self._find(keeping.absence or "the keyring does not take it")
            return
        words = f"Stored in {keeping.place}: {describe(issuer)}.{self._warning()}"
        self.app.notify(clean(words), title="Signed in", markup=False)
        if not is_closed(self):  # else another screen would be dismissed
            self.dismiss(issuer)

    def _warning(self) -> str:
        """A warning if other settings keep this key from being used; else empty."""
        if self._settings.engine == "local":
            return " The setting engine is local, which uses no key. Press o to change it."
        try:
            names = names_with_precedence(self._settings, self._paths, os.environ)
        except ProblemError:
            return ""
        return f" {names[0]} is also set and takes precedence at the next start." if names else ""
