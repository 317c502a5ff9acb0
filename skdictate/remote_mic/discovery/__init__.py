"""How a microphone finds the app that waits for it: announced sockets of the same user."""
