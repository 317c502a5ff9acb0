"""Text shown while a remote microphone is not connected: how to connect it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from skdictate.mic_protocol.remote_status import RemoteStatus

if TYPE_CHECKING:
    from skdictate.app.worker_events import Ready


def waiting(ready: Ready, elsewhere: RemoteStatus) -> Content:
    """Why there is no microphone, and what to do.

    Args:
        ready: the settings in force, with the commands that connect a microphone.
        elsewhere: status of the remote microphone.
    """
    asked = ready.invitation
    if elsewhere.is_coming:
        return Content.assemble(
            ("One moment.", "bold"),
            "\n\n",
            (
                "Connecting the microphone of the machine you logged in from.",
                "$foreground-muted",
            ),
        )
    if asked is None:
        problem = elsewhere.problem
        parts = [(f"{elsewhere.words[:1].upper()}{elsewhere.words[1:]}", "bold")]
        if problem is not None:
            parts += [(f"\n\n{problem.detail}", "$foreground-muted"), (f"\n\n{problem.hint}", "")]
        if elsewhere.login:
            parts.append(("\n\nPress l to log in with ssh here.", "bold"))
        return Content.assemble(*parts)
    send, raw, *_ = asked.lines
    why = f"{ready.absence.rstrip('.')}.\n" if ready.absence else ""
    return Content.assemble(
        ("Waiting for a microphone", "bold"),
        "\n",
        (why, "$foreground-muted"),
        "\nRun this on the machine with the microphone:\n",
        (send.text, "bold $accent"),
        "\n\nor, if skdictate is not installed there, on Linux:\n",
        (raw.text, "$accent"),
        "\n\n",
        ("c copies a command; again for the next: Linux, macOS, Windows.", "$foreground-muted"),
    )
