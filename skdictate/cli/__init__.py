"""The command line: the parser of each command, and what each command prints."""
