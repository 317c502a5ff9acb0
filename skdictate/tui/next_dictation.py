"""What the next dictation is to be like: its settings, its microphone, who is signed in; apart,
since the user changes that on screens of its own, also while a dictation runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from skdictate.mic_protocol.remote_status import is_elsewhere
from skdictate.tui.screens.microphone_screen import MicrophoneScreen

if TYPE_CHECKING:
    from skdictate.app.factory import Factory
    from skdictate.settings.config import Settings
    from skdictate.settings.remembered import RememberedMicrophone
    from skdictate.settings.settings_editor import SettingsEditor
    from skdictate.speechkit.auth import Issuer
    from skdictate.tui.host import Host


class NextDictation:
    """What the app knows of it, and the keys' commands."""

    def __init__(
        self, app: Host, settings: Settings, origins: Mapping[str, str], stdin_fd: int
    ) -> None:
        self.settings = settings
        """Those of the next dictation."""
        self._app = app
        self._given = settings, origins
        """Those of the start of the program, and where they came from."""
        self._stdin_fd = stdin_fd
        self._issuer: Issuer | None = None
        """Who was signed in here, in place of whoever is found."""

    @property
    def is_of_speech(self) -> bool:
        """It is from a microphone, so that somebody should say when it begins."""
        source = self.settings.source
        return source.startswith("mic") or is_elsewhere(source)

    def factory(self) -> Factory:
        """For the next dictation; on any thread."""
        return self.factory_for(self.settings)

    def factory_for(self, settings: Settings) -> Factory:
        """One by these settings, for the user of this app; on any thread."""
        from skdictate.app.factory import Factory

        issuer = self._issuer
        if issuer is None and settings.api_key_file == "-":
            issuer = self._app.worker.issuer  # standard input says it only once
        return Factory(settings, self._app.paths, stdin_fd=self._stdin_fd, issuer=issuer)

    # ------------------------------------------------------------------------- settings

    @cached_property
    def editor(self) -> SettingsEditor:
        """The settings as the user edits them."""
        from skdictate.settings.settings_editor import SettingsEditor

        return SettingsEditor(*self._given, self._app.paths.config_file)

    def edit(self) -> None:
        """Look at all settings, and change them."""
        from skdictate.tui.screens.settings_screen import SettingsScreen

        screen = SettingsScreen(self.editor, is_dictating=self._app.dictation_control.is_dictating)
        self._app.push_screen(screen, self._take_up)

    def _take_up(self, changed: set[str] | None) -> None:
        """Go by what was changed, from the next dictation on."""
        if changed:
            now = self.editor.effective(self.settings)
            values = {name: getattr(now, name) for name in changed}
            self.settings = replace(self.settings, **values)
            self._app.worker.renew()
            if self._app.dictation_control.is_dictating:
                words = "They count from the next dictation."
                self._app.notify(words, title="Settings", markup=False)

    # ------------------------------------------------------------------------- sound, and the user

    def choose(self) -> None:
        """Choose the microphone."""
        self._app.push_screen(MicrophoneScreen(self._app.main_screen.source), self._chosen)

    def _chosen(self, microphone: RememberedMicrophone | None) -> None:
        if microphone is not None:
            self.settings = replace(self.settings, source="mic", source_command=())
            self._app.worker.choose(microphone)

    def sign_in(self) -> None:
        """Sign in to SpeechKit with a key."""
        from skdictate.tui.screens.sign_in_screen import SignInScreen

        self._app.push_screen(SignInScreen(self.settings, self._app.paths), self._signed_in)

    def _signed_in(self, issuer: Issuer | None) -> None:
        """Show the service this, now and until the end of the program."""
        if issuer is not None:
            self._issuer = issuer
            self._app.worker.sign_in(issuer)
