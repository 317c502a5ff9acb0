"""The commands for the microphone of another machine: ``mic ...`` and ``ssh``."""
