"""``skdictate config``: each setting, its value, and where that came from."""

from __future__ import annotations

import json
from typing import Any, TextIO

from skdictate.config import Config
from skdictate.core.clean import clean
from skdictate.options import OPTIONS
from skdictate.paths import Paths


def write_settings(config: Config, paths: Paths, out: TextIO, form: str) -> None:
    """All settings in force, in the order of the help."""
    if form == "json":
        for option in OPTIONS:
            fields = {
                "v": 1,
                "event": "setting",
                "name": option.name,
                "value": _shown(config, option.name),
                "origin": config.origins[option.name],
            }
            out.write(json.dumps(fields) + "\n")
        return
    out.write(f"{paths.config_file}{'' if paths.config_file.exists() else ' (not there)'}\n\n")
    width = max(len(option.name) for option in OPTIONS)
    for option in OPTIONS:
        value = clean(_said(_shown(config, option.name)))
        origin = clean(config.origins[option.name])
        mark = " " if origin == "default" else "*"
        out.write(f"{mark} {option.name:<{width}}  {value:<20}  {origin}\n")


def _shown(config: Config, name: str) -> Any:
    """The value; of a command that prints a secret only its name, since the rest may be one."""
    value = getattr(config.settings, name)
    return value[:1] if name == "credential_command" else value


def _said(value: Any) -> str:
    """A value as it would be written on the command line."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    if isinstance(value, float):
        return f"{value:g}"
    return "-" if value in (None, "") else str(value)
