"""A report about a bug: by a key or the palette, without speech and keys."""

from __future__ import annotations

import logging

from skdictate.settings.config import Settings
from skdictate.system import log_records
from skdictate.system.paths import Paths
from skdictate.tui.app import DictateApp
from tests.screenshots import until

KEY = "AQVN-canary-8841-abcdefghij-KLMN"


async def test_a_report_has_events_and_settings_and_no_secret(paths: Paths) -> None:
    log_records.remember()
    logging.getLogger("skdictate.test").info("an event")
    logging.getLogger("skdictate.test").info("a key: %s", KEY)
    settings = Settings(
        source="demo", model=KEY, summarize="best of times", rate=8_000, output="/home/somebody"
    )
    app = DictateApp(settings, paths, origins={"rate": "--rate"})
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("b")
        await until(lambda: bool(list((paths.state / "reports").glob("*.txt"))))
    (path,) = (paths.state / "reports").iterdir()
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "skdictate.test: an event" in text
    assert "rate: 8000, --rate" in text
    assert "model: given" in text
    assert not [secret for secret in (KEY, "best of times", "somebody") if secret in text]
