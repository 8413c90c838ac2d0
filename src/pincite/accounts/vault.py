"""Encrypts what must be read again, with a key that is not in the database (AES-256-GCM). Nothing here stores.

Where the key comes from is decided in `app`.
"""

import base64
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pincite.core import ErrorKind, PinciteError

_NONCE_BYTES = 12
_SECOND_FACTOR = b"pincite second factor 1"


class KeyLost(PinciteError):
    """What is stored was encrypted with another key than this server has."""

    code = "secret-key-lost"
    kind = ErrorKind.CONFLICT


class Vault:
    """Seals texts so that they can be opened for the same purpose alone.

    Args:
        key: the installation's secret, 32 random bytes or more.
        purpose: what it seals; what one vault sealed no vault of another purpose opens.
    """

    def __init__(self, key: bytes, purpose: bytes = _SECOND_FACTOR) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=purpose).derive(key)
        self._cipher = AESGCM(derived)
        self._name = hashlib.sha256(b"name of " + derived).hexdigest()[:8]

    def seal(self, data: bytes, about: str) -> str:
        """Return data as it is stored; `about` is whose it is, and must be said again to open it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, data, about.encode())
        return f"{self._name}:{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, about: str) -> bytes:
        """Return the data. Raises: KeyLost."""
        name, _, text = sealed.partition(":")
        raw = base64.b64decode(text)
        try:
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode())
        except InvalidTag:
            why = "it was set up with another secret key" if name != self._name else "what is stored was changed"
            raise KeyLost(
                f"The second factor cannot be read: {why}.",
                remedy="Sign in with a recovery code or a link, and have an admin take the second factor away. Where "
                "the earlier key is still there, start with it (PINCITE_SECRET_KEY, or secret.key in the data folder).",
            ) from None
