"""Credentials for SpeechKit.

Where they are looked up, how they are stored, and how they are renewed.
"""

from skdictate.speechkit.auth.credential import Credential
from skdictate.speechkit.auth.issuer import Issuer

__all__ = ["Credential", "Issuer"]
