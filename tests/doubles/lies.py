"""What a provider that lies says of itself and of people, and how it signs what it says; each lie must sign nobody in.

The provider that tells them is in `identity.py`.
"""

import json
import time
from collections.abc import Callable

from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from tests.doubles.identity import CLIENT, SECRET, Claims, Identity, by_secret

LIES: dict[str, Callable[[Claims], Claims]] = {
    "another nonce": lambda claims: {**claims, "nonce": "x"},
    "no nonce": lambda claims: {key: value for key, value in claims.items() if key != "nonce"},
    "for another program": lambda claims: {**claims, "aud": "another"},
    "for two programs, and not said who asked": lambda claims: {**claims, "aud": [CLIENT, "another"]},
    "asked by another program": lambda claims: {**claims, "aud": [CLIENT, "another"], "azp": "another"},
    "of another issuer": lambda claims: {**claims, "iss": "https://elsewhere.example"},
    "of an issuer that begins so": lambda claims: {**claims, "iss": claims["iss"] + "/"},
    "over": lambda claims: {**claims, "iat": claims["iat"] - 900, "exp": claims["exp"] - 900},
    "of a time to come": lambda claims: {**claims, "nbf": time.time() + 900},
    "without an end": lambda claims: {key: value for key, value in claims.items() if key != "exp"},
    "with an end that is no time": lambda claims: {**claims, "exp": "never"},
    "of nobody": lambda claims: {**claims, "sub": ""},
    "of a list": lambda claims: {**claims, "sub": ["s-1"]},
    "with another access token": lambda claims: {**claims, "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "to sign somebody out": lambda claims: {**claims, "events": {}},
}


SIGNATURES: dict[str, Callable[[Identity, Claims], str]] = {
    "none": lambda _, claims: unsigned(claims),
    "the public key taken for a secret": lambda provider, claims: by_secret(claims, provider.key.as_pem(private=False)),
    "the client's secret": lambda _, claims: by_secret(claims, SECRET.encode()),
    "another key": lambda _, claims: jwt.encode({"alg": "RS256", "kid": "k1"}, claims, RSAKey.generate_key(2048)),
    "a key that it brings along": lambda _, claims: with_own_key(claims),
    "a key that nobody published": lambda provider, claims: jwt.encode(
        {"alg": "RS256", "kid": "k2"}, claims, provider.key
    ),
    "no token at all": lambda _, claims: "x.y.z",
}


def unsigned(claims: Claims) -> str:
    return f"eyJhbGciOiJub25lIn0.{by_secret(claims, b'').split('.')[1]}."


def with_own_key(claims: Claims) -> str:
    own = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "jwk": own.as_dict(private=False)}
    return jws.serialize_compact(header, json.dumps(claims), own)


DOCUMENTS: dict[str, Callable[[Claims], Claims]] = {
    "a script": lambda found: {**found, "authorization_endpoint": "javascript:alert(1)"},
    "a plain address elsewhere": lambda found: {**found, "token_endpoint": "http://evil.example/token"},
    "a list": lambda found: {**found, "jwks_uri": ["https://x.example"]},
    "nothing": lambda found: {},
}
