"""The microphone's page: a browser that speaks the framed protocol, on loopback only."""
