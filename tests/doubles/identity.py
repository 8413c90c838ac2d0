"""An OpenID provider on a loopback port that does what a test tells it, the lies too: uvicorn in a thread.

It signs in whoever `person` is, without asking; what a test changes in `token`, `sign` and `document` goes out.
"""

import contextlib
import hmac
import json
import secrets
import socket
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
CLIENT, SECRET = "pincite", "client secret: with a colon & more"
Claims = dict[str, Any]


@dataclass
class Identity:
    """The provider.

    Args:
        person: the claims of whoever signs in.
        token: changes an id token's claims before it is signed.
        header: of tokens; None for the usual one.
        sign: signs tokens in another way.
        document: changes the discovery document.
        userinfo: what is told of somebody apart from the token; None where it is not offered.
        down: answer with 500.
        slow_s: wait before each answer.
    """

    port: int = 0
    person: Claims = field(
        default_factory=lambda: {"sub": "s-1", "name": "Ada", "email": "ada@example.com", "email_verified": True}
    )
    token: Callable[[Claims], Claims] = lambda claims: claims
    header: Claims | None = None
    sign: Callable[[Claims], str] | None = None
    document: Callable[[Claims], Claims] = lambda found: found
    userinfo: Claims | None = None
    down: bool = False
    slow_s: float = 0.0
    names_issuer: bool = True
    key: RSAKey = field(default_factory=lambda: KEY)
    published: list[Any] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rotate(self) -> None:
        """Sign with another key from now on, and publish it alone."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})

    def signed(self, claims: Claims) -> str:
        """Return a token."""
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode(self.header or {"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def code_for(self, url_query: dict[str, str]) -> str:
        """Let somebody sign in who was sent with this query, and return the code that they bring back."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = url_query
        return code

    async def discovery(self, _request: Request) -> Response:
        base = self.issuer
        found: Claims = {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/jwks",
            "end_session_endpoint": f"{base}/end",
            "authorization_response_iss_parameter_supported": self.names_issuer,
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        if self.userinfo is not None:
            found["userinfo_endpoint"] = f"{base}/userinfo"
        return self._given("discovery", self.document(found))

    async def jwks(self, _request: Request) -> Response:
        return self._given("jwks", {"keys": self.published or [self.key.as_dict(private=False)]})

    async def told(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer access":
            return JSONResponse({}, 401)
        return self._given("userinfo", self.userinfo or {})

    async def authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        back = f"{query['redirect_uri']}?code={self.code_for(query)}&state={query['state']}&iss={self.issuer}"
        return RedirectResponse(back, 303)

    async def exchange(self, request: Request) -> Response:
        form = dict(await request.form())
        sent = self.codes.pop(str(form.get("code")), None)  # a code is good once
        given = b64decode(request.headers.get("authorization", "Basic Og==").split(" ")[1]).decode().split(":")
        if [unquote(each) for each in given] != [CLIENT, SECRET]:
            return JSONResponse({"error": "invalid_client"}, 401)
        right = sent is not None and create_s256_code_challenge(form["code_verifier"]) == sent["code_challenge"]
        if not right or sent is None or form["redirect_uri"] != sent["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": sent["nonce"],
            **self.person,
        }
        body = {"access_token": "access", "token_type": "Bearer", "id_token": self.signed(self.token(claims))}
        return self._given("token", body)

    def _given(self, what: str, body: Claims) -> Response:
        self.asked.append(what)
        time.sleep(self.slow_s)
        return JSONResponse({"error": "server_error"}, 500) if self.down else JSONResponse(body)


def by_secret(claims: Claims, secret: bytes) -> str:
    """Return a token that is signed with a shared secret (HS256)."""
    parts = [json.dumps({"alg": "HS256", "kid": "k1"}), json.dumps(claims)]
    text = ".".join(urlsafe_b64encode(each.encode()).rstrip(b"=").decode() for each in parts)
    mac = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@contextlib.contextmanager
def identity() -> Iterator[Identity]:
    """Run a provider for the block."""
    made = Identity()
    routes = [
        Route("/.well-known/openid-configuration", made.discovery),
        Route("/jwks", made.jwks),
        Route("/authorize", made.authorize),
        Route("/token", made.exchange, methods=["POST"]),
        Route("/userinfo", made.told),
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made.port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield made
        server.should_exit = True
        thread.join(5)
