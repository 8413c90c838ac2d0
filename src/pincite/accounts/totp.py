"""One-time codes by the clock (RFC 6238 over RFC 4226: HMAC-SHA-1, six figures, thirty seconds). Pure functions.

Which step was used last, so that a code is good once, is kept by `second_factor.py`.
"""

import base64
import hmac
import struct
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20
DRIFT_STEPS = 1
ISSUER = "Pincite"


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of a step: RFC 4226, section 5.3."""
    mac = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, now_s: float, *, after: int) -> int | None:
    """Return the step that a code belongs to: this one or one beside it, and later than `after`; None for none."""
    current = int(now_s) // STEP_S
    found = None
    for step in range(max(0, current - DRIFT_STEPS), current + DRIFT_STEPS + 1):
        same = hmac.compare_digest(code_of(secret, step).encode(), code.encode("utf-8", "replace"))
        if same and step > after:
            found = step
    return found


def base32_of(secret: bytes) -> str:
    """Return a secret as people type it."""
    return base64.b32encode(secret).decode()


def uri_of(secret: bytes, account: str) -> str:
    """Return the address that authenticator apps read, by a QR code or a click."""
    label = quote(f"{ISSUER}:{account}", safe="")
    given = {"secret": base32_of(secret), "issuer": ISSUER, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{label}?{urlencode(given)}"
