"""Output formats of a dictation, and the files and streams that they are written to."""
