"""Prints what is reachable from some messages, as JSON: ``describe.py MODULE:MESSAGE ...``.

Runs in any environment with protobuf; the tests run it beside Yandex's own package too.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any


def describe_field(field: Any) -> dict[str, Any]:
    oneof = field.containing_oneof
    kind = field.message_type or field.enum_type
    return {
        "number": field.number,
        "type": field.type,
        "is_repeated": field.is_repeated
        if hasattr(field, "is_repeated")
        else field.label == field.LABEL_REPEATED,
        "has_presence": field.has_presence,
        "is_packed": field.is_packed if hasattr(field, "is_packed") else None,
        "oneof": oneof.name if oneof else None,
        "kind": kind.full_name if kind else None,
        "json_name": field.json_name,
        "is_deprecated": field.GetOptions().deprecated,
    }


def describe(message: Any, table: dict[str, Any]) -> None:
    if message.full_name in table or message.full_name.startswith("google.protobuf."):
        return
    table[message.full_name] = {field.name: describe_field(field) for field in message.fields}
    for field in message.fields:
        if field.message_type:
            describe(field.message_type, table)
        if field.enum_type:
            table[field.enum_type.full_name] = {
                value.name: [value.number, value.GetOptions().deprecated]
                for value in field.enum_type.values
            }


def main() -> None:
    table: dict[str, Any] = {}
    for name in sys.argv[1:]:
        module, _, message = name.partition(":")
        describe(getattr(importlib.import_module(module), message).DESCRIPTOR, table)
    json.dump(table, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
