"""The settings: whether they can be read, are valid, and go together."""

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
    """The case with its settings; where they are wrong, with those that can be had without what is
    wrong, so that everything else can still be examined.

    Raises:
        ProblemError: a flag is wrong.
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
    raise errors[-1]  # that of the flags alone


async def settings(case: CheckContext) -> CheckResult:
    """Whether the settings are as the user meant them, as far as can be told."""
    if case.problem is not None:
        return failed("settings", case.problem)
    from skdictate.app.factory import Factory

    try:
        Factory(case.settings, case.paths, case.environ)
    except ProblemError as error:
        if error.problem.kind is not Kind.CREDENTIALS:  # the key has a check of its own
            return failed("settings", error.problem)
    return CheckResult("settings", CheckState.OK, _described(case))


def _described(case: CheckContext) -> str:
    file = case.paths.config_file
    origins = [origin for origin in case.config.origins.values() if origin != "default"]
    others = sorted({origin for origin in origins if origin != f"{file}"})
    said = f"{file} sets {origins.count(f'{file}')}" if file.exists() else f"there is no {file}"
    return f"{said}; also given: {', '.join(others)}" if others else said
