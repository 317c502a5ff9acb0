"""Text as values: untrusted text made harmless."""
