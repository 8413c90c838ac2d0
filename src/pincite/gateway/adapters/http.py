"""The HTTP client under providers' libraries: what bounds it, and who hears what comes with their answers.

Time limits but that for connecting are those of `chat.py`, which sees what comes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pincite.gateway.adapters.wire import held_to_form
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    import httpx2

_CONNECTIONS, _KEPT = 1000, 100


def http_client(connection: Connection, *, named: bool = False) -> "httpx2.AsyncClient":
    """Return a client that gives up connecting in time, and tells the connection what each answer says of limits.

    Streams of events are held to their form; where they are `named`, each has to have a name.
    """
    import httpx2

    async def hurry(request: httpx2.Request) -> None:
        # A library may send a time limit of its own with each request, which would be one for connecting, too.
        limits: Mapping[str, float | None] = request.extensions.get("timeout") or {}
        request.extensions["timeout"] = {**limits, "connect": connection.connect_timeout_s}

    async def hear(response: httpx2.Response) -> None:
        connection.heard(response.status_code, response.headers)
        held_to_form(response, named=named)

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=connection.connect_timeout_s),
        limits=httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_KEPT),
        follow_redirects=True,
        event_hooks={"request": [hurry], "response": [hear]},
    )
