"""How a sender finds the app that waits for a microphone: announced sockets of the same user."""
