"""What a day has cost is known, whatever becomes of its dictations."""

from __future__ import annotations

from skdictate.app.budget import budget
from skdictate.core.changes import SessionChanged
from skdictate.core.session_state import SessionState
from skdictate.library import daily_spending
from skdictate.library.library import Library
from skdictate.library.writer import about
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths

INFINITY = float("inf")


def dictated(paths: Paths, *costs: int) -> None:
    library = Library(paths.library)
    kept = about(engine="e", api="v3", languages=(), source="s", rate_hz=16_000)
    number = library.begin(kept)
    for session_number, billed_s in enumerate(costs, 1):
        library.note_session(number, SessionChanged(session_number, SessionState.OPEN))
        library.note_session(
            number, SessionChanged(session_number, SessionState.CLOSED, billed_s=billed_s)
        )
    with library.connection() as db:
        db.execute("DELETE FROM dictation WHERE id = ?", (number,))
    library.close()


def test_each_session_counts_once_it_is_closed_and_for_good(paths: Paths) -> None:
    dictated(paths, 15, 0, 30)
    dictated(paths, 60)
    library = Library(paths.library)
    daily_spending.note(library, 15)
    daily_spending.note(library, 0)
    assert daily_spending.today_s(library) == 120
    library.close()


def test_another_day_is_another_budget(paths: Paths) -> None:
    dictated(paths, 15)
    library = Library(paths.library)
    with library.transaction() as db:
        db.execute("UPDATE spending SET day = '2020-01-01'")
    assert daily_spending.today_s(library) == 0
    library.close()


def test_the_smaller_budget_counts(paths: Paths) -> None:
    assert budget(Settings(), paths) == (INFINITY, "--budget-s")
    assert budget(Settings(budget_day_s=100.0), paths) == (100.0, "--budget-day-s")
    dictated(paths, 60)
    assert budget(Settings(budget_day_s=100.0), paths) == (40.0, "--budget-day-s")
    both = Settings(budget_s=30.0, budget_day_s=100.0)
    assert budget(both, paths) == (30.0, "--budget-s")
    assert budget(Settings(budget_day_s=50.0), paths) == (0.0, "--budget-day-s")


def test_a_library_that_tells_nothing_stops_no_dictation(paths: Paths) -> None:
    dictated(paths, 60)
    paths.library.write_bytes(b"no library at all" * 1000)
    assert budget(Settings(budget_day_s=100.0), paths) == (100.0, "--budget-day-s")
