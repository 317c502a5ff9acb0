"""The commands that bring a microphone to another machine: ``mic ...`` and ``ssh``."""
