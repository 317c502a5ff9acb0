"""Finds settings that contradict each other, without reading keys, while they are edited."""

from __future__ import annotations

from collections.abc import Mapping

from skdictate.app import backend_factory
from skdictate.errors import Problem, ProblemError
from skdictate.settings.config import Settings
from skdictate.speechkit.auth import credential_lookup
from skdictate.system.hidden_value import ENVIRONMENT


def disagreement(settings: Settings, environ: Mapping[str, str] = ENVIRONMENT) -> Problem | None:
    """The first contradiction that can be found without signing in; None if there is none."""
    try:
        backend_factory.check(settings)
        backend_factory.address(settings)
        credential_lookup.check(settings, environ)
        is_local = settings.engine == "local"
        backend_factory.asked(settings, backend_factory.recognised(settings, is_local=is_local))
    except ProblemError as error:
        return error.problem
    return None
