"""Where sound comes from: bytes in, from a file or from a peer that sends them."""
