"""OpenSSH, which carries the microphone between machines."""
