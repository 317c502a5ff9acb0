"""The capturing side: runs in a process of its own, and alone knows PortAudio."""
