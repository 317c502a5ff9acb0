"""The browser page: turns a browser into the microphone; served on the loopback interface only."""
