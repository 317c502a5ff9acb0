from __future__ import annotations

from skdictate.core.name_changes import AT_ONCE, EVERY_S, NameChanges


def test_the_first_names_are_told_at_once_with_what_was_before() -> None:
    naming = NameChanges()
    told = []
    for name in ("Desk", "Desk", "Yeti", "Desk"):
        naming.set_name(name)
        told.append(naming.next_change(1.0))
    assert told == [("Desk", ""), None, ("Yeti", "Desk"), ("Desk", "Yeti")]


def test_thousands_of_names_are_few_changes_and_the_newest_is_told_in_the_end() -> None:
    naming = NameChanges()
    told = []
    for index in range(6_000):
        naming.set_name(f"name {index}")
        told.append(naming.next_change(index / 100))
    changes = [it for it in told if it is not None]
    assert AT_ONCE <= len(changes) <= AT_ONCE + 60 / EVERY_S
    assert all(was == before for (_, was), (before, _) in zip(changes[1:], changes, strict=False))
    assert naming.next_change(60.0) is None
    assert naming.next_change(60.0 + EVERY_S) == ("name 5999", changes[-1][0])
    assert naming.next_change(1e6) is None


def test_at_the_end_the_newest_is_told_whatever_came_before() -> None:
    naming = NameChanges()
    assert naming.last_change() is None
    for index in range(2 * AT_ONCE):
        naming.set_name(f"{index}")
        naming.next_change(0.0)
    assert naming.last_change() == (f"{2 * AT_ONCE - 1}", f"{AT_ONCE - 1}")
    assert naming.last_change() is None
