"""Functions on text: making untrusted text harmless."""
