"""Builds a dictation's parts from the settings, and runs dictations and their reprocessing.

``factory`` builds the parts, ``worker`` is the thread behind the screen, ``archive`` finds the
past dictations, and ``reprocess`` recognises parts of one again.
"""
