"""Values that show nothing of themselves: a crash may show the variables of every frame."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from functools import wraps
from typing import Any, Self


class HiddenEnvironment(Mapping[str, str]):
    """The variables of the environment, as they are at the moment."""

    def __getitem__(self, name: str) -> str:
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)

    def __repr__(self) -> str:
        return "<the environment>"


ENVIRONMENT = HiddenEnvironment()


TELLTALES = {
    "GRPC_TRACE": "gRPC would print what is sent, the key among it",
    "TEXTUAL": "the screen's library would send what is typed to another program",
    "TEXTUAL_DEBUG": "the screen's library would write what is typed to a file",
    "TEXTUAL_LOG": "the screen's library would write what is typed to a file",
    "SSLKEYLOGFILE": "what is said to the service could be read on its way",
}
"""Variables for debugging that have libraries of ours tell secrets, and what they would do."""


def forget_telltales(environ: MutableMapping[str, str]) -> list[str]:
    """Take those variables away, before a library reads them; a sentence for each that was set."""
    return [
        f"{name} is not obeyed: {why}." for name, why in TELLTALES.items() if environ.pop(name, "")
    ]


class HiddenValue(str):
    """A text for a library that wants one; neither it nor what is made of it is shown.

    It stays hidden in messages, logs and representations: ``str``, ``repr`` and formats give
    ``<unseen>``, and what slices, sums and methods make of it is as hidden. Whatever takes the
    characters themselves has them: ``encode``, comparisons, a file, a protocol, and ``seen``.
    """

    __slots__ = ()

    def __new__(cls, text: str = "") -> Self:
        """Of a text that may be hidden already, as ``partition`` gives where it finds nothing."""
        return super().__new__(cls, seen(text))

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, _spec: str) -> str:
        return HIDDEN

    def __radd__(self, before: str) -> HiddenValue:
        return HiddenValue(str.__add__(before, seen(self)))


HIDDEN = "<unseen>"


def seen(text: str) -> str:
    """The characters themselves, whether they were hidden or not; for where they have to be."""
    return "".join(text)


def _hide(name: str) -> None:
    """Have a method of ``str`` give what is as hidden as what it was called on."""
    method = getattr(str, name)

    @wraps(method)
    def hidden(self: HiddenValue, *args: Any, **options: Any) -> Any:
        made = method(self, *args, **options)
        if isinstance(made, str):
            return HiddenValue(made)
        return type(made)(map(HiddenValue, made)) if isinstance(made, (list, tuple)) else made

    setattr(HiddenValue, name, hidden)


_OPERATIONS = ("__add__", "__getitem__", "__mod__", "__mul__", "__rmul__")
for _name in (*_OPERATIONS, *(it for it in vars(str) if not it.startswith("_"))):
    if _name != "maketrans":
        _hide(_name)
