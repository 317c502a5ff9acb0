"""The SpeechKit client.

Runs recognition sessions against any server that speaks its gRPC protocol.
"""
