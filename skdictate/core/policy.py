"""What the user wants of a dictation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user wants of a dictation."""

    refines: bool = True
    """Refinements were asked for, so that a fresh line may still change."""
    has_words: bool = False
    """The recogniser is known to tell where each word is."""
    answers_late: bool = False
    """The recogniser says nothing before it has heard a whole session."""
    chunk_ms: int = 100
    """Audio in one message."""
    hears_microphone: bool = False
    """The sound is judged as that of a microphone: muted, too quiet, too loud."""
    sends_silence: bool = False
    """Silence is sent like speech, and billed like it; else a session is left in long silence."""
    stop_after_silence_s: float = 0.0
    """Once something was said, silence this long ends the dictation; 0 for never."""
    patience_s: float = 25.0
    """After ``stop``: how long a silent recogniser is waited for."""
    budget_s: float = float("inf")
    """No session is opened that would have more than this billed, in seconds."""
    budget_option: str = "--budget-s"
    """Which setting that is from."""
    is_live: bool = True
    """The source goes on by itself; else it waits for the recogniser."""
    has_hedges: bool = True
    """A second session may be opened beside one that has fallen silent. Where both would share this
    machine's processor, it would only slow the first."""
