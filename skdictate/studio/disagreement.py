"""What in the settings does not go together; apart, since the screen asks while they are edited,
before anyone signs in and without a look at keys."""

from __future__ import annotations

from collections.abc import Mapping

from skdictate.config import Settings
from skdictate.errors import Problem, ProblemError
from skdictate.speechkit.auth import lookup
from skdictate.studio import recogniser
from skdictate.unseen import ENVIRONMENT


def disagreement(settings: Settings, environ: Mapping[str, str] = ENVIRONMENT) -> Problem | None:
    """As far as it can be told by now; None if nothing."""
    try:
        recogniser.check(settings)
        recogniser.address(settings)
        lookup.check(settings, environ)
        is_local = settings.engine == "local"
        recogniser.asked(settings, recogniser.recognised(settings, is_local=is_local))
    except ProblemError as error:
        return error.problem
    return None
