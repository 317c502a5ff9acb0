"""What waits to be told. Of what is only how things stand, nobody needs more than the newest."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class CoalescingQueue(Generic[T]):
    """In order. However long nobody listens, it holds no more than what has really happened."""

    def __init__(self, stands_for: Callable[[T], Hashable | None]) -> None:
        self._stands_for = stands_for
        """What an item tells the state of, so that it takes the place of an older one; or None."""
        self._items: list[T | None] = []
        self._newest: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """One more."""
        state = self._stands_for(item)
        older = None if state is None else self._newest.get(state)
        if older is not None and older == len(self._items) - 1:
            self._items[older] = item
            return
        if older is not None:
            self._items[older] = None
        if state is not None:
            self._newest[state] = len(self._items)
        self._items.append(item)

    def drain(self) -> list[T]:
        """All there is; it waits no more."""
        taken = [item for item in self._items if item is not None]
        self._items.clear()
        self._newest.clear()
        return taken
