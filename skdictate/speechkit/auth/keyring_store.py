"""The keyring of the desktop, where there is one: the package ``keyring``, which is an extra.

Most servers have none, which is no mistake. A keyring may ask its user to unlock it, and may not
answer at all.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TypeVar

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth.bounded_call import bounded
from skdictate.system.hidden_value import seen
from skdictate.text.clean_text import clean

SERVICE = "skdictate"
ENTRY = "speechkit"
LIMIT_S = 60.0
"""The user may have to find a password."""
T = TypeVar("T")


def absence() -> str:
    """Why no keyring can be used, in words; empty if one can."""
    if importlib.util.find_spec("keyring") is None:
        return "the package keyring is not installed"
    try:
        name = _asked(_backend)
    except ProblemError as error:
        return error.problem.detail
    return "" if name else "this system has no keyring"


def put(text: str) -> None:
    """Keep a secret.

    Raises:
        ProblemError: the keyring does not take it.
    """

    def work() -> bool:
        import keyring

        keyring.set_password(SERVICE, ENTRY, seen(text))
        return keyring.get_password(SERVICE, ENTRY) == text

    if not _asked(work):
        raise ProblemError(_problem("It does not give back what it was given"))


def get() -> str:
    """The secret that is kept.

    Raises:
        ProblemError: there is none, or it cannot be had.
    """

    def work() -> str | None:
        import keyring

        return keyring.get_password(SERVICE, ENTRY)

    kept = _asked(work)
    if kept is None:
        raise ProblemError(_problem("It holds no key of this program"))
    return kept


def remove() -> None:
    """Forget it, if it is there.

    Raises:
        ProblemError: the keyring does not let us.
    """

    def work() -> None:
        import keyring

        if keyring.get_password(SERVICE, ENTRY) is not None:
            keyring.delete_password(SERVICE, ENTRY)

    _asked(work)


def _backend() -> str:
    """What the keyring is called; empty if there is only one that refuses everything."""
    import keyring
    from keyring.backends import fail, null

    backend = keyring.get_keyring()
    return "" if isinstance(backend, (fail.Keyring, null.Keyring)) else str(backend.name)


def _asked(function: Callable[[], T]) -> T:
    try:
        return bounded(function, LIMIT_S)
    except TimeoutError:
        raise ProblemError(_problem("It does not answer")) from None
    except ImportError:
        raise ProblemError(_problem("The package keyring is not installed")) from None
    except Exception as error:  # noqa: BLE001 - whatever a keyring of any desktop raises
        raise ProblemError(_problem(_said(error))) from None


def _said(error: Exception) -> str:
    return clean(f"{type(error).__name__}: {error}")[:200]


def _problem(detail: str) -> Problem:
    return Problem(
        Kind.CREDENTIALS,
        "The keyring cannot be used",
        detail,
        "To keep the key in a file of yours instead: skdictate auth login --file",
        is_permanent=True,
    )
