"""The program, less patient with a recogniser that is not there: ``python -m tests.hasty``."""

from __future__ import annotations

import sys

from skdictate import cli, patience
from skdictate.studio import studio

patience.UNREACHABLE_S = 12.0
studio.PATIENCE_S = 3.0
if __name__ == "__main__":
    sys.exit(cli.main())
