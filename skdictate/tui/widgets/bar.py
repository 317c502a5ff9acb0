"""Draws bars with block characters."""

from __future__ import annotations

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL = "█"


def filled(share: float, width: int) -> tuple[str, str]:
    """A solid bar, exact to an eighth of a cell.

    Args:
        share: how much is filled, 0 to 1; limited to that range.
        width: cells.

    Returns:
        The filled part and the empty part, together ``width`` cells.
    """
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    whole, part = divmod(eighths, 8)
    text = _FULL * whole + (_EIGHTHS[part] if part else "")
    return text, " " * (width - len(text))


def ruled(share: float, width: int) -> tuple[str, str]:
    """A thin bar, exact to half a cell; arguments and result as for ``filled``."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    whole, half = divmod(halves, 2)
    text = "━" * whole + "╸" * half
    return text, "━" * (width - len(text))
