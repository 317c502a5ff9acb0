"""Dictate in a terminal: sound comes in, text goes out, and nothing said is lost."""

__version__ = "0.1.0"
