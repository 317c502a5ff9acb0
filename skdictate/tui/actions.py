"""All that a key can do, in one table: bindings, footer, palette, help and README come from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding

from skdictate.tui.dictation_control import HOLD, TOGGLE

_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбю"
CYRILLIC = dict(zip(_LATIN, _CYRILLIC, strict=True))
"""The letter on the same key of a Russian keyboard: a key means its place, not its letter."""


@dataclass(frozen=True, slots=True)
class Action:
    """One command of the app."""

    id: str
    """The method ``action_<id>``."""
    key: str
    """As the footer and the help show it."""
    label: str
    """A word or two for the footer."""
    tooltip: str
    """A sentence for the palette and the help."""
    keys: str = ""
    """As the library names the key, where that differs from ``key``; with commas between."""
    in_footer: bool = True
    is_for_rest: bool = False
    """In the footer only while nobody dictates, though it works then too."""
    help: str = ""
    """A sentence for the help page; one for all actions of a key."""
    way: str = ""
    """The way to talk that it belongs to, as in the settings; empty for both."""
    in_palette: bool = True
    is_first: bool = False
    """Done before anything else may see the key: its release cannot overtake it, and no screen or
    field that covers the desk keeps it from the app."""

    def bindings(self) -> Iterator[Binding]:
        """Every key that does it; only the first shows."""
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
    """A letter by all its names: of both layouts, small and capital."""
    twin = CYRILLIC[latin]
    return [latin, twin, latin.upper(), twin.upper()]


def closing(latin: str = "", *others: str) -> str:
    """The keys that close a screen over the desk: Escape, ``q``, and what opened it.

    A field that is typed into takes the letters before the screen sees them.
    """
    letters = [key for letter in f"q{latin}" for key in _letters(letter)]
    return ",".join(["escape", *letters, *others])


ACTIONS = (
    Action(
        "begin",
        "space",
        "Start",
        "Start to dictate; what you say is recorded at once.",
        help="Start and stop; the last words are waited for.",
        way=TOGGLE,
    ),
    Action("stop", "space", "Stop", "Stop recording; the last words are waited for."),
    Action(
        "talk",
        "space",
        "Talk",
        "Hold it and speak; let go, and nothing is recorded.",
        help="Hold it and speak; let go, and nothing is recorded.",
        way=HOLD,
        in_palette=False,
        is_first=True,
    ),
    Action(
        "finish",
        "enter",
        "Finish",
        "End the dictation; the last words are waited for.",
        help="End the dictation; the last words are waited for.",
        way=HOLD,
    ),
    Action(
        "pause",
        "p",
        "Pause",
        "Record nothing for a while.",
        help="Pause and resume: nothing is recorded in between.",
    ),
    Action("resume", "p", "Resume", "Record again."),
    Action(
        "end_utterance",
        "e",
        "End sentence",
        "End the sentence here; the recogniser makes up its mind at once.",
        help="End the sentence here: the recogniser makes up its mind.",
    ),
    Action(
        "microphones",
        "m",
        "Mic",
        "Choose the microphone; see how loud each one is.",
        help="Choose the microphone, also while you dictate.",
    ),
    Action(
        "copy",
        "c",
        "Copy",
        "Copy the line that brings a microphone here; once more, the next one.",
        help="Copy the line that brings a microphone from elsewhere.",
    ),
    Action(
        "log_in",
        "l",
        "Login",
        "Let ssh ask what it has to ask, in this terminal.",
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
        "Write the text to a file.",
        help="Write the page to a file; the library has it anyway.",
    ),
    Action(
        "new",
        "n",
        "New",
        "Begin a clean page.",
        help="Begin a clean page; the library keeps the old one.",
    ),
    Action(
        "findings",
        "f",
        "Found",
        "What was found beside the text.",
        help="What SpeechKit has found beside the text, if it was asked.",
    ),
    Action(
        "settings",
        "o",
        "Setup",
        "Look at all settings, and change them.",
        help="All settings: what each is, and a change of it.",
        is_for_rest=True,
    ),
    Action(
        "sign_in",
        "k",
        "Key",
        "Sign in to SpeechKit with a key; a dictation that runs goes on with it.",
        help="Sign in to SpeechKit with a key, also while you dictate.",
        in_footer=False,
    ),
    Action(
        "recognise",
        "u",
        "Unheard",
        "Recognise what was recorded and is not recognised; once more stops it.",
        help="Recognise what is not recognised yet; once more stops it.",
        is_for_rest=True,
    ),
    Action(
        "history",
        "h",
        "History",
        "Dictations of before: read them, recognise them again, delete them.",
        help="Dictations of before: read, recognise again, save, delete.",
        is_for_rest=True,
    ),
    Action("help", "?", "Help", "All keys, and where everything is kept.", "question_mark,f1"),
    Action(
        "quit",
        "q",
        "Quit",
        "Leave; what was said is kept.",
        help="Leave. What was said is kept; twice leaves at once.",
    ),
    Action(
        *("leave", "ctrl+c", "Quit", "The same.", "ctrl+c,ctrl+q"),
        in_footer=False,
        in_palette=False,
        is_first=True,
    ),
)


def bindings() -> list[Binding]:
    """The bindings of the app."""
    return [binding for action in ACTIONS for binding in action.bindings()]
