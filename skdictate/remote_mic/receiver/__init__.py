"""The app's end: receives the microphone of another machine over any number of connections."""
