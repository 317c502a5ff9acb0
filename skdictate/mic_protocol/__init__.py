"""What both ends of a microphone connection share: frames, flow control, clocks, positions.

Pure code: no sockets, no processes, no clock of its own.
"""
