"""The sources of sound: microphone, file, standard input, command."""
