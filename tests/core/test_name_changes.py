from __future__ import annotations

from skdictate.core.name_changes import AT_ONCE, EVERY_S, Naming


def test_the_first_names_are_told_at_once_with_what_was_before() -> None:
    naming = Naming()
    told = []
    for name in ("Desk", "Desk", "Yeti", "Desk"):
        naming.heard(name)
        told.append(naming.due(1.0))
    assert told == [("Desk", ""), None, ("Yeti", "Desk"), ("Desk", "Yeti")]


def test_thousands_of_names_are_few_changes_and_the_newest_is_told_in_the_end() -> None:
    naming = Naming()
    told = []
    for index in range(6_000):
        naming.heard(f"name {index}")
        told.append(naming.due(index / 100))
    changes = [it for it in told if it is not None]
    assert AT_ONCE <= len(changes) <= AT_ONCE + 60 / EVERY_S
    assert all(was == before for (_, was), (before, _) in zip(changes[1:], changes, strict=False))
    assert naming.due(60.0) is None
    assert naming.due(60.0 + EVERY_S) == ("name 5999", changes[-1][0])
    assert naming.due(1e6) is None


def test_at_the_end_the_newest_is_told_whatever_came_before() -> None:
    naming = Naming()
    assert naming.rest() is None
    for index in range(2 * AT_ONCE):
        naming.heard(f"{index}")
        naming.due(0.0)
    assert naming.rest() == (f"{2 * AT_ONCE - 1}", f"{AT_ONCE - 1}")
    assert naming.rest() is None
