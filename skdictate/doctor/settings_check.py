"""Checks whether the settings can be read, are valid, and do not contradict each other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from skdictate.doctor.check_result import CheckContext, CheckResult, CheckState, failed
from skdictate.errors import Kind, ProblemError
from skdictate.settings.config import load

NOWHERE = Path(os.devnull)


async def settle(case: CheckContext, flags: Mapping[str, Any]) -> CheckContext:
    """Load the settings into the context.

    If they are invalid, the file, the environment or both are left out, so that the other checks
    can still run; the context then has the problem.

    Raises:
        ProblemError: a flag is invalid.
    """
    file = case.paths.config_file
    errors: list[ProblemError] = []
    for environ, path in ((case.environ, file), (case.environ, NOWHERE), ({}, file), ({}, NOWHERE)):
        try:
            config = load(flags, environ, path)
        except ProblemError as error:
            errors.append(error)
        else:
            problem = errors[0].problem if errors else None
            return replace(case, config=config, problem=problem)
    raise errors[-1]  # the one caused by the flags alone


async def settings(case: CheckContext) -> CheckResult:
    """Check that the settings are valid and do not contradict each other."""
    if case.problem is not None:
        return failed("settings", case.problem)
    from skdictate.app.factory import Factory

    try:
        Factory(case.settings, case.paths, case.environ)
    except ProblemError as error:
        if error.problem.kind is not Kind.CREDENTIALS:  # reported by the check of the key
            return failed("settings", error.problem)
    return CheckResult("settings", CheckState.OK, _described(case))


def _described(case: CheckContext) -> str:
    file = case.paths.config_file
    origins = [origin for origin in case.config.origins.values() if origin != "default"]
    others = sorted({origin for origin in origins if origin != f"{file}"})
    in_file = f"{file} sets {origins.count(f'{file}')}" if file.exists() else f"there is no {file}"
    return f"{in_file}; also given: {', '.join(others)}" if others else in_file
