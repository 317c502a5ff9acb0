"""The Textual app: draws the screen and passes keys on; knows no protocol, file or device."""
