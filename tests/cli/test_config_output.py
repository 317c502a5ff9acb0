from __future__ import annotations

import json
from pathlib import Path

from skdictate.errors import Exit
from skdictate.settings.option_table import OPTIONS
from tests.support.command import run


async def test_each_setting_is_shown_with_where_it_came_from(home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text('language = ["ru-RU", "en-US"]\nplaintext = true\n')
    done = await run("config", "--rate", "8000", environ={"SKDICTATE_CHUNK_MS": "200"})
    assert done.code == Exit.DONE
    assert done.err == ""
    rows = [row.split() for row in done.out.splitlines()[2:]]
    found = {row[1] if row[0] == "*" else row[0]: row for row in rows}
    assert list(found) == [option.name for option in OPTIONS]
    assert found["rate"] == ["*", "rate", "8000", "--rate"]
    assert found["chunk_ms"] == ["*", "chunk_ms", "200", "SKDICTATE_CHUNK_MS"]
    assert found["language"][2:4] == ["ru-RU,", "en-US"]
    assert found["language"][-1].endswith("config.toml")
    assert found["plaintext"][2] == "on"
    assert found["engine"] == ["engine", "auto", "default"]


async def test_as_json_each_is_an_object_and_no_secret_is_among_them(home: Path) -> None:
    environ = {"SKDICTATE_API_KEY": "canary", "SKDICTATE_CREDENTIAL_COMMAND": "vault canary"}
    done = await run("config", "--format", "json", environ=environ)
    found = {it["name"]: it for it in map(json.loads, done.out.splitlines())}
    assert found["rate"] == {
        "v": 1,
        "event": "setting",
        "name": "rate",
        "value": 16_000,
        "origin": "default",
    }
    assert found["credential_command"]["value"] == ["vault"]
    assert "canary" not in done.out + done.err


async def test_a_wrong_setting_is_an_error() -> None:
    done = await run("config", environ={"SKDICTATE_RATE": "1"})
    assert done.code == Exit.CONFIG
    assert "rate is '1'" in done.err
