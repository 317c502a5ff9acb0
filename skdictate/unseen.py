"""Values that show nothing of themselves: a crash may show the variables of every frame."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import SupportsIndex


class Environment(Mapping[str, str]):
    """The variables of the environment, as they are at the moment."""

    def __getitem__(self, name: str) -> str:
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)

    def __repr__(self) -> str:
        return "<the environment>"


ENVIRONMENT = Environment()


class Unseen(str):
    """A text for a library that wants one; neither it nor a part of it is shown."""

    __slots__ = ()

    def __getitem__(self, part: SupportsIndex | slice) -> Unseen:
        return Unseen(super().__getitem__(part))

    def __repr__(self) -> str:
        return "<unseen>"
