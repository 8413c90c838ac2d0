"""A sign-in that is under way, sealed in a cookie of the browser that began it: the server keeps nothing of it.

What is bound to what: the answer's `state` and the token's nonce to this cookie, the code to its verifier (PKCE), all
of it to one provider and one address to come back to.
"""

import json
import re
import secrets
import time
from dataclasses import asdict, dataclass

from pincite.accounts.federation.domain import AGAIN, SignInRefused
from pincite.accounts.vault import KeyLost, Vault

PURPOSE = b"pincite sign-in under way 1"
MINUTES = 10
_ABOUT = "pending"
_LONGEST = 4000
# A path of ours: two slashes at the front, or a backslash, would be another site to a browser.
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}")


@dataclass(frozen=True, slots=True)
class Pending:
    """What a browser must bring back: `user` is who links the provider to themselves, empty where one signs in."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    return_to: str
    until: float
    user: str = ""

    @classmethod
    def begin(cls, provider: str, redirect_uri: str, return_to: str, user: str = "") -> "Pending":
        """Make one with new secrets."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        until = time.time() + MINUTES * 60
        return cls(provider, state, nonce, verifier, redirect_uri, own_path(return_to), until, user)

    def sealed(self, vault: Vault) -> str:
        """Return it as it goes into the cookie."""
        return vault.seal(json.dumps(asdict(self)).encode(), _ABOUT)

    @classmethod
    def opened(cls, vault: Vault, cookie: str) -> "Pending":
        """Read it. Raises: SignInRefused where it is none of ours, or too old."""
        try:
            found = cls(**json.loads(vault.open(cookie[:_LONGEST], _ABOUT)))
        except (KeyLost, ValueError, TypeError):
            raise _nothing() from None
        if found.until < time.time():
            raise _nothing()
        return found


def own_path(path: str) -> str:
    """Return the path to go back to; the front page where it is none of ours."""
    return path if _OWN_PATH.fullmatch(path) else "/"


def _nothing() -> SignInRefused:
    return SignInRefused(f"No sign-in is under way in this browser, or it took over {MINUTES} minutes.", remedy=AGAIN)
