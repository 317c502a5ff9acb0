"""Computes how many seconds a dictation may be billed, given what was billed today."""

from __future__ import annotations

import os

from skdictate.errors import ProblemError
from skdictate.library import daily_spending
from skdictate.library.library import Library
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths


def budget(settings: Settings, paths: Paths) -> tuple[float, str]:
    """The budget of a dictation that begins now.

    If the library cannot be read, today's spending counts as 0: recording goes on, and the problem
    is reported elsewhere.

    Returns:
        Seconds that may be billed, infinite without a limit; and the flag that limits them.
    """
    infinity = float("inf")
    of_dictation_s = settings.budget_s or infinity
    of_day_s = infinity
    if settings.budget_day_s:
        of_day_s = max(0.0, settings.budget_day_s - _spent_s(paths))
    if of_day_s < of_dictation_s:
        return of_day_s, "--budget-day-s"
    return of_dictation_s, "--budget-s"


def _spent_s(paths: Paths) -> int:
    if not os.path.exists(paths.library):  # noqa: PTH110
        return 0
    try:
        library = Library(paths.library)
    except ProblemError:
        return 0
    try:
        return daily_spending.today_s(library)
    except ProblemError:
        return 0
    finally:
        library.close()
