"""What every entry point of the program has around it: its streams, and the last word on errors."""
