"""What becomes of the text: formats, and where it is put."""
