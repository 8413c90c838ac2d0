"""The provider as one application, and the server that runs it on loopback.

Who starts it (the command line, the tests) binds the socket, so that it knows the port before anything is served.
"""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pincite.app.front import BoundedHttp
from pincite.app.listening import bound
from pincite.app.simulation.behaviour import Director
from pincite.app.simulation.control import Control, refused
from pincite.app.simulation.domain import Decides, Kind, Wire
from pincite.app.simulation.doors import Door
from pincite.app.simulation.log import RequestLog
from pincite.core import PinciteError

LOOPBACK = "127.0.0.1"
_PATHS = {
    "/v1/chat/completions": (Kind.CHAT, Wire.OPENAI),
    "/v1/embeddings": (Kind.EMBEDDINGS, Wire.OPENAI),
    "/v1/rerank": (Kind.RERANK, Wire.OPENAI),
    "/v1/moderations": (Kind.MODERATIONS, Wire.OPENAI),
    "/v1/messages": (Kind.CHAT, Wire.ANTHROPIC),
}


class Simulation:
    """A provider of models that there is none of.

    Args:
        decides: says what is done with each request.
        log: remembers them.
    """

    def __init__(self, decides: Decides, log: RequestLog | None = None) -> None:
        self.decides = decides
        self.log = log or RequestLog()

    def app(self) -> Starlette:
        """Return the application. It answers to a name of this machine's own alone, whatever a page elsewhere says."""
        control = Control(self.log, self.decides if isinstance(self.decides, Director) else None)
        routes = [
            *(Route(path, Door(*door, self.decides, self.log), methods=["POST"]) for path, door in _PATHS.items()),
            Route("/v1/models", self._models),
            Route("/api/tags", self._tags),
            Route("/simulation/requests", control.requests),
            Route("/simulation/requests/{name:path}", control.one),
            Route("/simulation/behaviour", control.behaviour, methods=["GET"]),
            Route("/simulation/behaviour", control.set_behaviour, methods=["PUT"]),
        ]
        hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"], www_redirect=False)
        return Starlette(routes=routes, middleware=[hosts], exception_handlers={PinciteError: refused})

    def server(self) -> uvicorn.Server:
        """Return the server, for a socket that is bound; it says nothing by itself, also where it cuts an answer."""
        config = uvicorn.Config(
            self.app(),
            http=BoundedHttp,
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        return uvicorn.Server(config)

    async def _models(self, _request: Request) -> Response:
        rows = [
            {"id": name, "object": "model", "created": 0, "owned_by": "pincite", "type": "model", "display_name": name}
            for name in self.decides.models
        ]
        return JSONResponse({"object": "list", "data": rows, "has_more": False})

    async def _tags(self, _request: Request) -> Response:
        return JSONResponse({"models": [{"name": name, "model": name} for name in self.decides.models]})


def bind_loopback(port: int) -> socket.socket:
    """Bind a port of loopback; 0 takes a free one. Raises: Conflict, naming the port that is taken."""
    return bound(LOOPBACK, port)
