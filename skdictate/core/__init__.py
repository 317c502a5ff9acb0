"""The dictation machine: no clock, no I/O, no asyncio; the standard library only.

Inputs are plain calls that take ``now_s``. Outputs are effects (what the shell must do) and
changes (what the transcript became). Positions are samples on one timeline that starts at 0 and
never resets.
"""
