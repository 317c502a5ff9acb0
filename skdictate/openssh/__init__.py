"""OpenSSH, the only way to another machine: how it is called, and what it says."""
