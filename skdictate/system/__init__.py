"""The operating system: folders, private files, child processes, signals, standard streams."""
