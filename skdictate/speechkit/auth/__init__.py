"""Who we are to the service: credentials, where they come from, and how they stay fresh."""

from skdictate.speechkit.auth.credential import Credential
from skdictate.speechkit.auth.issuer import Issuer

__all__ = ["Credential", "Issuer"]
