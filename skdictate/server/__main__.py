"""``python -m skdictate.server``: the embedded server, as a child of the app."""

from skdictate.server.serve import main

main()
