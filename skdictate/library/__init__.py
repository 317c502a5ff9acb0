"""What is kept: recordings as WAV, dictations and lines in SQLite."""
