"""The microphone's end.

Keeps captured sound until the app has recorded it, over broken connections.
"""
