"""``skdictate config``: each setting, its value, and where that came from."""

from __future__ import annotations

import json
from typing import Any, TextIO

from skdictate.settings.config import Config
from skdictate.settings.option_table import OPTIONS, Option
from skdictate.settings.settings_editor import DEFAULT, said, visible
from skdictate.system.paths import Paths, is_there
from skdictate.text.clean_text import clean


def write_settings(config: Config, paths: Paths, out: TextIO, form: str) -> None:
    """All settings in force, in the order of the help."""
    if form == "json":
        for option in OPTIONS:
            fields = {
                "v": 1,
                "event": "setting",
                "name": option.name,
                "value": _value(config, option),
                "origin": config.origins[option.name],
            }
            out.write(json.dumps(fields) + "\n")
        return
    absence = "" if is_there(paths.config_file) else " (not there)"
    out.write(f"{clean(str(paths.config_file))}{absence}\n\n")
    width = max(len(option.name) for option in OPTIONS)
    for option in OPTIONS:
        value = clean(said(_value(config, option)))
        origin = clean(config.origins[option.name])
        mark = " " if origin == DEFAULT else "*"
        out.write(f"{mark} {option.name:<{width}}  {value:<20}  {origin}\n")


def _value(config: Config, option: Option) -> Any:
    """The value, as far as anybody is to see it."""
    return visible(option, getattr(config.settings, option.name))
