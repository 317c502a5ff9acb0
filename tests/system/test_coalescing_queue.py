"""What waits to be told."""

from __future__ import annotations

from skdictate.system.coalescing_queue import CoalescingQueue


def stands_for(item: str) -> str | None:
    """``state:value`` tells a state, anything else happened."""
    return item.partition(":")[0] if ":" in item else None


def test_what_happened_is_told_in_order_and_once() -> None:
    pending = CoalescingQueue(stands_for)
    for item in ("a", "b", "a"):
        pending.put(item)
    assert pending.drain() == ["a", "b", "a"]
    assert pending.drain() == []


def test_of_a_state_only_the_newest_is_told_and_at_its_own_place() -> None:
    pending = CoalescingQueue(stands_for)
    for item in ("guess:1", "line", "guess:2", "link:1", "guess:3", "guess:4"):
        pending.put(item)
    assert pending.drain() == ["line", "link:1", "guess:4"]
    pending.put("guess:5")
    assert pending.drain() == ["guess:5"]


def test_nobody_who_guesses_on_makes_it_grow() -> None:
    pending = CoalescingQueue(stands_for)
    for n in range(1000):
        pending.put(f"guess:{n}")
    assert len(pending) == 1
