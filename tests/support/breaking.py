"""A program under test in which one thing fails that nobody foresaw, wherever that is."""

from __future__ import annotations

from pathlib import Path

SECRET = "best-of-times-AQVNkey"
"""Stands in the message and in the variables of the error."""
CUSTOMIZE = f'''
import importlib.abc
import importlib.util
import os
import sys

module, _, name = os.environ["TEST_BREAK"].partition(":")


def broken(*arguments, **more):
    spoken = "{SECRET}"
    raise ZeroDivisionError(spoken)


class Breaker(importlib.abc.MetaPathFinder):
    def find_spec(self, wanted, path, target=None):
        if wanted != module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(wanted)
        execute = spec.loader.exec_module

        def execute_and_break(loaded):
            execute(loaded)
            setattr(loaded, name, broken)

        spec.loader.exec_module = execute_and_break
        return spec


sys.meta_path.insert(0, Breaker())
'''


def breaking(folder: Path, what: str) -> dict[str, str]:
    """The environment in which ``module:function`` fails, in each process that is started."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(CUSTOMIZE)
    return {"PYTHONPATH": str(folder), "TEST_BREAK": what}
