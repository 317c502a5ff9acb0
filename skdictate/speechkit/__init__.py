"""The client: one gRPC stream at a time, to whatever speaks SpeechKit's protocol."""
