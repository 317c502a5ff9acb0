"""The settings: the table of options, the values in force, ``config.toml`` and its editor."""
