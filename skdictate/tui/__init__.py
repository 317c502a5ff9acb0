"""The screen: renders, and passes keys on. It knows no protocol, no file and no device."""
