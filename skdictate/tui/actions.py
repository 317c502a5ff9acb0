"""The table of the app's actions: bindings, footer, palette and help page are made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding

from skdictate.tui.dictation_control import HOLD, TOGGLE

_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбю"
CYRILLIC = dict(zip(_LATIN, _CYRILLIC, strict=True))
"""Latin letter to the Cyrillic one on the same key, so that keys work on a Russian layout."""


@dataclass(frozen=True, slots=True)
class Action:
    """One command of the app."""

    id: str
    """The method ``action_<id>``."""
    key: str
    """The key as the footer and the help show it."""
    label: str
    """A word or two for the footer."""
    tooltip: str
    """A sentence for the palette and the help."""
    keys: str = ""
    """Textual's names of the keys, separated by commas, where they differ from ``key``."""
    in_footer: bool = True
    is_for_rest: bool = False
    """Whether the footer hides it during a dictation; the key works all the same."""
    help: str = ""
    """A sentence for the help page; one for all actions of a key."""
    way: str = ""
    """The value of the setting ``talk`` that it is for; empty for both."""
    in_palette: bool = True
    is_first: bool = False
    """Whether the binding has priority: it works on every screen and in every field, and a key's
    release cannot overtake its press."""

    def bindings(self) -> Iterator[Binding]:
        """A binding for each of its keys; only the first is shown."""
        for index, key in enumerate(self._keys()):
            yield Binding(
                key,
                self.id,
                self.label,
                show=self.in_footer and index == 0,
                key_display=self.key,
                tooltip=self.tooltip,
                priority=self.is_first,
            )

    def _keys(self) -> list[str]:
        keys = self.keys or self.key
        return keys.split(",") if len(keys) > 1 else _letters(keys)


def _letters(latin: str) -> list[str]:
    """The names of a letter's key: on both layouts, in lower and upper case."""
    twin = CYRILLIC[latin]
    return [latin, twin, latin.upper(), twin.upper()]


def closing(latin: str = "", *others: str) -> str:
    """The keys that close a modal screen, for a ``Binding``: Escape, ``q`` and further ones.

    An input field with the focus gets the letters first.

    Args:
        latin: letters of keys, usually of the one that opened the screen.
        others: further keys by Textual's names.
    """
    letters = [key for letter in f"q{latin}" for key in _letters(letter)]
    return ",".join(["escape", *letters, *others])


ACTIONS = (
    Action(
        "begin",
        "space",
        "Start",
        "Start dictating; recording begins at once.",
        help="Start and stop; the last words are waited for.",
        way=TOGGLE,
    ),
    Action("stop", "space", "Stop", "Stop recording; the last words are still recognised."),
    Action(
        "talk",
        "space",
        "Talk",
        "Hold to record; release to pause.",
        help="Hold it and speak; let go, and nothing is recorded.",
        way=HOLD,
        in_palette=False,
        is_first=True,
    ),
    Action(
        "finish",
        "enter",
        "Finish",
        "End the dictation; the last words are still recognised.",
        help="End the dictation; the last words are waited for.",
        way=HOLD,
    ),
    Action(
        "pause",
        "p",
        "Pause",
        "Pause recording.",
        help="Pause and resume: nothing is recorded in between.",
    ),
    Action("resume", "p", "Resume", "Resume recording."),
    Action(
        "end_utterance",
        "e",
        "End sentence",
        "End the sentence here; its final text comes at once.",
        help="End the sentence here: the recogniser makes up its mind.",
    ),
    Action(
        "microphones",
        "m",
        "Mic",
        "Choose a microphone; shows the level of each.",
        help="Choose the microphone, also while you dictate.",
    ),
    Action(
        "copy",
        "c",
        "Copy",
        "Copy the command that connects a microphone; again for the next one.",
        help="Copy the line that brings a microphone from elsewhere.",
    ),
    Action(
        "log_in",
        "l",
        "Login",
        "Log in with ssh in this terminal.",
        help="Log in where the microphone is, if ssh has to ask you.",
    ),
    Action(
        "retry",
        "r",
        "Retry",
        "Connect to the recogniser now.",
        help="Connect now, while the recogniser cannot be reached.",
    ),
    Action(
        "save",
        "s",
        "Save",
        "Save the text to a file.",
        help="Write the page to a file; the library has it anyway.",
    ),
    Action(
        "new",
        "n",
        "New",
        "Start a new page.",
        help="Begin a clean page; the library keeps the old one.",
    ),
    Action(
        "findings",
        "f",
        "Found",
        "Show SpeechKit's analysis of the speech.",
        help="What SpeechKit has found beside the text, if it was asked.",
    ),
    Action(
        "settings",
        "o",
        "Setup",
        "View and change all settings.",
        help="All settings: what each is, and a change of it.",
        is_for_rest=True,
    ),
    Action(
        "sign_in",
        "k",
        "Key",
        "Sign in to SpeechKit with a key, also during a dictation.",
        help="Sign in to SpeechKit with a key, also while you dictate.",
        in_footer=False,
    ),
    Action(
        "recognise",
        "u",
        "Unheard",
        "Recognise recordings that have no text yet; again to stop.",
        help="Recognise what is not recognised yet; once more stops it.",
        is_for_rest=True,
    ),
    Action(
        "history",
        "h",
        "History",
        "Past dictations: read, recognise again, delete.",
        help="Dictations of before: read, recognise again, save, delete.",
        is_for_rest=True,
    ),
    Action(
        "report",
        "b",
        "Report",
        "Save a report about a bug: versions, settings, the last events; no speech, no keys.",
        help="Save a report about a bug, without speech and keys.",
        in_footer=False,
    ),
    Action("help", "?", "Help", "Show all keys and where data is stored.", "question_mark,f1"),
    Action(
        "quit",
        "q",
        "Quit",
        "Quit; dictations are saved.",
        help="Leave. What was said is kept; twice leaves at once.",
    ),
    Action(
        *("leave", "ctrl+c", "Quit", "Quit.", "ctrl+c,ctrl+q"),
        in_footer=False,
        in_palette=False,
        is_first=True,
    ),
)


def bindings() -> list[Binding]:
    """The bindings of all actions."""
    return [binding for action in ACTIONS for binding in action.bindings()]
