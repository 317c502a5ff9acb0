"""The embedded recogniser as a SpeechKit-compatible gRPC server, in a process of its own."""
