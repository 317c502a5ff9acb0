"""The program, less patient with a recogniser that is not there; run with ``python -m``."""

from __future__ import annotations

import sys

from skdictate.app import factory, reach_limit
from skdictate.cli import main

reach_limit.UNREACHABLE_S = 12.0
factory.PATIENCE_S = 3.0
if __name__ == "__main__":
    sys.exit(main.main())
