"""OpenSSH, the only program that carries a microphone to another machine by itself."""
