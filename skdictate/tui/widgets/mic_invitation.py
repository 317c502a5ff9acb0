"""What stands in place of the text while the microphone of another machine is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from skdictate.mic_protocol.remote_status import RemoteStatus

if TYPE_CHECKING:
    from skdictate.app.worker_events import Ready


def waiting(ready: Ready, elsewhere: RemoteStatus) -> Content:
    """Why nobody is heard, and what to do about it."""
    asked = ready.invitation
    if elsewhere.is_coming:
        return Content.assemble(
            ("One moment.", "bold"),
            "\n\n",
            (
                "The microphone of the machine that you came from is on its way.",
                "$foreground-muted",
            ),
        )
    if asked is None:
        problem = elsewhere.problem
        said = [(f"{elsewhere.words[:1].upper()}{elsewhere.words[1:]}", "bold")]
        if problem is not None:
            said += [(f"\n\n{problem.detail}", "$foreground-muted"), (f"\n\n{problem.hint}", "")]
        if elsewhere.login:
            said.append(("\n\nl lets ssh ask here what it has to ask.", "bold"))
        return Content.assemble(*said)
    send, raw, *_ = asked.lines
    why = f"{ready.absence.rstrip('.')}.\n" if ready.absence else ""
    return Content.assemble(
        ("Waiting for a microphone", "bold"),
        "\n",
        (why, "$foreground-muted"),
        "\nOn the machine that you sit at, run this:\n",
        (send.text, "bold $accent"),
        "\n\nor, with nothing of ours installed there, as on Linux:\n",
        (raw.text, "$accent"),
        "\n\n",
        ("c copies the line, and once more the next: Linux, macOS, Windows.", "$foreground-muted"),
    )
