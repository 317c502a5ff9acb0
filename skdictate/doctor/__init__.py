"""``skdictate doctor``: what works on this machine, what does not, and how to repair it.

One file for each subject (``disk_check``, ``sound_check`` ...), one function for each check.
"""
