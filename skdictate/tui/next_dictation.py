"""The settings, microphone and credential of the next dictation.

The user can change them on their own screens, also during a dictation.
"""

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
    """Holds them, and opens the screens that change them."""

    def __init__(
        self, app: Host, settings: Settings, origins: Mapping[str, str], stdin_fd: int
    ) -> None:
        self.settings = settings
        """The settings of the next dictation."""
        self._app = app
        self._given = settings, origins
        """The settings at the program's start, and the origin of each."""
        self.origins = origins
        """Where each setting came from at the start."""
        self._stdin_fd = stdin_fd
        self._issuer: Issuer | None = None
        """The credential given on the sign-in screen; replaces the one that is found."""

    @property
    def is_of_speech(self) -> bool:
        """Whether sound comes from a microphone, so that the user starts the dictation."""
        source = self.settings.source
        return source.startswith("mic") or is_elsewhere(source)

    def factory(self) -> Factory:
        """A factory for the next dictation; callable from any thread."""
        return self.factory_for(self.settings)

    def factory_for(self, settings: Settings) -> Factory:
        """A factory for these settings and the credential in use; callable from any thread."""
        from skdictate.app.factory import Factory

        issuer = self._issuer
        if issuer is None and settings.api_key_file == "-":
            issuer = self._app.worker.issuer  # standard input can be read only once
        return Factory(settings, self._app.paths, stdin_fd=self._stdin_fd, issuer=issuer)

    # ------------------------------------------------------------------------- settings

    @cached_property
    def editor(self) -> SettingsEditor:
        """The settings as the user edits them."""
        from skdictate.settings.settings_editor import SettingsEditor

        return SettingsEditor(*self._given, self._app.paths.config_file)

    def edit(self) -> None:
        """Open the settings screen."""
        from skdictate.tui.screens.settings_screen import SettingsScreen

        screen = SettingsScreen(self.editor, is_dictating=self._app.dictation_control.is_dictating)
        self._app.push_screen(screen, self._take_up)

    def _take_up(self, changed: set[str] | None) -> None:
        """Use the changed settings from the next dictation on."""
        if changed:
            now = self.editor.effective(self.settings)
            values = {name: getattr(now, name) for name in changed}
            self.settings = replace(self.settings, **values)
            self._app.worker.renew()
            if self._app.dictation_control.is_dictating:
                words = "Changes take effect with the next dictation."
                self._app.notify(words, title="Settings", markup=False)

    # ------------------------------------------------------------------------- sound, and the user

    def choose(self) -> None:
        """Open the screen that chooses the microphone."""
        self._app.push_screen(MicrophoneScreen(self._app.main_screen.source), self._chosen)

    def _chosen(self, microphone: RememberedMicrophone | None) -> None:
        if microphone is not None:
            self.settings = replace(self.settings, source="mic", source_command=())
            self._app.worker.choose(microphone)

    def sign_in(self) -> None:
        """Open the screen that asks for a SpeechKit key."""
        from skdictate.tui.screens.sign_in_screen import SignInScreen

        self._app.push_screen(SignInScreen(self.settings, self._app.paths), self._signed_in)

    def _signed_in(self, issuer: Issuer | None) -> None:
        """Use this credential from now until the end of the program."""
        if issuer is not None:
            self._issuer = issuer
            self._app.worker.sign_in(issuer)
