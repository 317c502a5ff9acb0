"""The microphone's end of the line to another machine: keeps what it hears, and brings it there."""
