"""Records of the log as lines: what is written of each, and the newest of them in memory.

The memory is kept whether a log was asked for or not, since a report of a mistake quotes it. Only
loggers of this program are listened to: what libraries log may hold what is sent, a key among it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping

from skdictate.system.hidden_value import HiddenValue
from skdictate.system.secret_forms import holds_secret
from skdictate.text.clean_text import clean

PROGRAM = "skdictate"
"""The logger above those of all modules."""
KEPT = 500
"""Lines in memory; a dictation without trouble adds some ten in five minutes."""
LONGEST = 400
"""Characters of a message: names come from other programs and other machines."""
REFUSED = "a record that held a secret was left out"


class NoSecrets(logging.Filter):
    """Takes the words out of a record that was given a hidden value, or a text with a key in it.

    That there was a record stays, with its logger: it is a mistake to be found.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, and a dangerous one without its words."""
        try:
            is_refused = _is_hidden((record.msg, record.args)) or holds_secret(record.getMessage())
        except (TypeError, ValueError):  # the arguments do not fit; no reason to end a dictation
            is_refused = True
        if is_refused:
            record.msg, record.args = REFUSED, None
        return True


def _is_hidden(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_is_hidden(it) for it in (*value.keys(), *value.values()))
    if isinstance(value, (tuple, list, set, frozenset)):
        return any(_is_hidden(it) for it in value)
    return isinstance(value, HiddenValue)


def line_of(record: logging.LogRecord) -> str:
    """A record in one line: time (UTC), level, logger, message, and the class of an error.

    The message of an error is left out, since it may quote what was dictated.
    """
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    error = record.exc_info[0] if record.exc_info else None
    words = " ".join(clean(record.getMessage()).split())[:LONGEST]
    words += f" ({error.__name__})" if error else ""
    return f"{moment}.{int(record.msecs):03}Z {record.levelname} {record.name}: {words}"


class _Memory(logging.Handler):
    """The newest lines, as text: no object of the program is kept alive by them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.addFilter(NoSecrets())
        self.lines: deque[str] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(line_of(record))


_memory = _Memory()


def remember() -> None:
    """Keep the newest records from now on; may be called again."""
    logger = logging.getLogger(PROGRAM)
    logger.propagate = False  # a library that logs to standard error would write ours there, too
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    logger.addHandler(_memory)  # it is there once, however often this is done


def newest() -> Iterator[str]:
    """What is remembered, the oldest line first."""
    assert _memory.lock is not None
    with _memory.lock:  # another thread may be adding one
        lines = tuple(_memory.lines)
    yield from lines
