"""What can go wrong between a microphone and a text, done on purpose; see ``__main__``."""

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # as the program does: it tells of every mishap
