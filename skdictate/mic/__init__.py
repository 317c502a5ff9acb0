"""The capturing process: the only code that uses PortAudio, which may print, hang or crash."""
