"""Stores the key in the desktop's keyring, through the optional package ``keyring``.

Most servers have no keyring, which is no error. A keyring may ask the user to unlock it, or may not
answer at all.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TypeVar

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth.bounded_call import run_blocking
from skdictate.system.hidden_value import seen
from skdictate.text.clean_text import clean

SERVICE = "skdictate"
ENTRY = "speechkit"
LIMIT_S = 60.0
"""Seconds; the user may have to look up a password."""
T = TypeVar("T")


def absence() -> str:
    """Why no keyring can be used, in words; empty if one can."""
    if importlib.util.find_spec("keyring") is None:
        return "the package keyring is not installed"
    try:
        name = _call(_backend)
    except ProblemError as error:
        return error.problem.detail
    return "" if name else "this system has no keyring"


def put(text: str) -> None:
    """Store a secret.

    Raises:
        ProblemError: the keyring does not accept it.
    """

    def work() -> bool:
        import keyring

        keyring.set_password(SERVICE, ENTRY, seen(text))
        return keyring.get_password(SERVICE, ENTRY) == text

    if not _call(work):
        raise ProblemError(_problem("It does not return what was stored in it"))


def get() -> str:
    """Return the stored secret.

    Raises:
        ProblemError: there is none, or the keyring cannot be used.
    """

    def work() -> str | None:
        import keyring

        return keyring.get_password(SERVICE, ENTRY)

    secret = _call(work)
    if secret is None:
        raise ProblemError(_problem("It holds no key for this program"))
    return secret


def remove() -> None:
    """Delete the secret if it is there.

    Raises:
        ProblemError: the keyring does not allow it.
    """

    def work() -> None:
        import keyring

        if keyring.get_password(SERVICE, ENTRY) is not None:
            keyring.delete_password(SERVICE, ENTRY)

    _call(work)


def _backend() -> str:
    """The name of the keyring; empty if the only backend is one that refuses everything."""
    import keyring
    from keyring.backends import fail, null

    backend = keyring.get_keyring()
    return "" if isinstance(backend, (fail.Keyring, null.Keyring)) else str(backend.name)


def _call(function: Callable[[], T]) -> T:
    try:
        return run_blocking(function, LIMIT_S)
    except TimeoutError:
        raise ProblemError(_problem("It does not answer")) from None
    except ImportError:
        raise ProblemError(_problem("The package keyring is not installed")) from None
    except Exception as error:  # noqa: BLE001 - each desktop's keyring raises errors of its own
        raise ProblemError(_problem(_error_text(error))) from None


def _error_text(error: Exception) -> str:
    return clean(f"{type(error).__name__}: {error}")[:200]


def _problem(detail: str) -> Problem:
    return Problem(
        Kind.CREDENTIALS,
        "The keyring cannot be used",
        detail,
        "To store the key in a private file instead: skdictate auth login --file",
        is_permanent=True,
    )
