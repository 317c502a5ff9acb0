"""The soak: ``python -m tests.faults``. Everything that can go wrong, many times, as one table.

    python -m tests.faults slips --schedules 2000
    python -m tests.faults --schedules 1000 --answers 100000 --kills 200 --cuts 200 --disks 500
    python -m tests.faults schedules hours        # these parts only

Recordings are made in memory where the system has such a place. A seed that failed is printed, and
``--seed N --schedules 1`` plays it again.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import sys
import time

from tests.faults.report import Options, Row, table

PARTS = (
    "schedules",
    "slips",
    "hours",
    "answers",
    "screens",
    "requests",
    "burdens",
    "kills",
    "power_cuts",
    "disks",
)
"""Modules of this package with a function ``run``, see ``report.Part``."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    for field in dataclasses.fields(Options):
        kind = float if isinstance(field.default, float) else int
        parser.add_argument(f"--{field.name}", type=kind, default=field.default, metavar="N")
    given = vars(parser.parse_args())
    parts = given.pop("parts") or PARTS
    options = Options(**given)
    rows: list[Row] = []
    for name in parts:
        if name not in PARTS:
            parser.error(f"there is no part {name}")
        began_s = time.monotonic()
        found = importlib.import_module(f"tests.faults.{name}").run(options)
        print(table(found), f"\n{name}: {time.monotonic() - began_s:.0f} s\n", flush=True)
        rows += found
    print(table(rows))
    return 0 if all(row.is_well for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
