"""Prints ``skdictate config``: each setting, its value, and where the value came from."""

from __future__ import annotations

import json
from typing import Any, TextIO

from skdictate.settings.config import Config
from skdictate.settings.option_table import OPTIONS, Option
from skdictate.settings.settings_editor import DEFAULT, value_text, visible
from skdictate.system.paths import Paths, is_there
from skdictate.text.clean_text import clean


def write_settings(config: Config, paths: Paths, out: TextIO, form: str) -> None:
    """Write all settings in force, in the order of the help.

    Args:
        config: the settings, and the origin of each.
        paths: names ``config.toml``.
        out: where to write.
        form: ``text``, or ``json`` for one object per line.
    """
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
    absence = "" if is_there(paths.config_file) else " (does not exist)"
    out.write(f"{clean(str(paths.config_file))}{absence}\n\n")
    width = max(len(option.name) for option in OPTIONS)
    for option in OPTIONS:
        value = clean(value_text(_value(config, option)))
        origin = clean(config.origins[option.name])
        mark = " " if origin == DEFAULT else "*"
        out.write(f"{mark} {option.name:<{width}}  {value:<20}  {origin}\n")


def _value(config: Config, option: Option) -> Any:
    """The part of the value that may be shown."""
    return visible(option, getattr(config.settings, option.name))
