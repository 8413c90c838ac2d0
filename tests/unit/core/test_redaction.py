"""Secrets are found in every spelling, wherever they stand, and nothing else is touched."""

import base64
import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from pincite.core.redaction import HIDDEN, LEAST_CHARS, Redactor

SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=LEAST_CHARS, max_size=40)
AROUND = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(SECRETS, AROUND, AROUND)
def test_a_secret_is_hidden_in_every_spelling(secret: str, before: str, after: str) -> None:
    redact = Redactor([secret])
    around = f"{before}{secret}{after}"
    assert secret not in redact(around)
    assert json.dumps(secret)[1:-1] not in redact(json.dumps(around))
    assert quote(secret, safe="") not in redact(quote(around, safe=""))
    assert secret.encode() not in base64.b64decode(_padded(redact(base64.b64encode(around.encode()).decode())))
    assert secret.encode().hex() not in redact(around.encode().hex())


def _padded(text: str) -> str:
    """What is left of a text in base64 to read, where a piece of it was taken out."""
    first = text.split(HIDDEN, maxsplit=1)[0]
    return first[: len(first) // 4 * 4]


def test_a_password_is_hidden_in_basic_authentication() -> None:
    for user in ("a", "ab", "abc", "x-access-token"):
        header = base64.b64encode(f"{user}:swordfish-17".encode()).decode()
        assert HIDDEN in Redactor(["swordfish-17"])(f"Authorization: Basic {header}")


@given(AROUND)
def test_nothing_else_is_touched(text: str) -> None:
    assert Redactor(["correct-horse-battery"])(text) == text
    assert Redactor(["short", ""])(f"{text} short") == f"{text} short"


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert Redactor(["swordfish", "swordfish-and-more"])("is swordfish-and-more") == f"is {HIDDEN}"


def test_our_own_keys_are_known_by_their_shape() -> None:
    key = "pin_9RKVECr6LEq4jqqLCeNk3r_leoapLBHeAkcOeQOmg1o"
    assert Redactor()(f"/v1/documents/{key}?x") == f"/v1/documents/{HIDDEN}?x"
    assert Redactor()("pin_the_tail_on_the_donkey") == "pin_the_tail_on_the_donkey"
