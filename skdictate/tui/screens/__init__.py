"""What covers the screen for a while."""
