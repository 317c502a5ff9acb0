"""``python -m skdictate.server``: runs the embedded server as a child process of the app."""

from skdictate.server.serve import main
from skdictate.system import boundary

raise SystemExit(boundary.run(main, "the embedded server"))
