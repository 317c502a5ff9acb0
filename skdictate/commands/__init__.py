"""The commands: each module adds its own to the parser, and loads what it needs when it runs."""
