"""The microphone's end: keeps what it captures until the app has it, over lines that break."""
