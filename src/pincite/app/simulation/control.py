"""`/simulation/`: what the provider was asked and what it charged, and what it is told to do, read and changed.

The provider's own doors are in `doors.py`.
"""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pincite.app.problems import MEDIA_TYPE, problem
from pincite.app.simulation.behaviour import Director, behaviour_of
from pincite.app.simulation.log import RequestLog, State
from pincite.core import InvalidInput, NotFound

_PAGE, _LARGEST_PAGE = 100, 1_000
_BYTES = 1 << 20


class Control:
    """The routes that only the simulation has.

    Args:
        log: what is shown.
        director: whom a new behaviour is given to; None where somebody else decides, who has none to show.
    """

    def __init__(self, log: RequestLog, director: Director | None) -> None:
        self._log = log
        self._director = director

    async def requests(self, request: Request) -> Response:
        """List requests, newest first: `state`, `client_request_id`, `before` (an id) and `limit` choose which."""
        query = request.query_params
        state, client_id, before = query.get("state"), query.get("client_request_id"), query.get("before")
        limit = _number(query.get("limit", str(_PAGE)))
        if state is not None and state not in list(State):
            raise InvalidInput(f"There is no state {state!r}.", remedy=f"Use one of {', '.join(State)}.")
        try:
            older = self._log.newest(before)
        except KeyError:
            raise InvalidInput(f"No request {before!r} is remembered.", remedy="Leave out `before`.") from None
        shown = (
            each
            for each in older
            if (state is None or each.state == state) and (client_id is None or each.client_request_id == client_id)
        )
        items = [each.shown() for each, _ in zip(shown, range(limit + 1), strict=False)]
        more = items[limit - 1]["id"] if len(items) > limit else None
        return JSONResponse({"items": items[:limit], "next_before": more})

    async def one(self, request: Request) -> Response:
        """Return one request, by what its client called it or by its id; of several, the last."""
        name = str(request.path_params["name"])
        found = self._log.find(name)
        if found is None:
            raise NotFound(
                f"No request {name!r} is remembered.",
                remedy="Use what the client sent as X-Client-Request-Id, or an id.",
            )
        return JSONResponse(found.shown())

    async def behaviour(self, _request: Request) -> Response:
        """Return what is told."""
        return JSONResponse(self._told().behaviour.model_dump(mode="json"))

    async def set_behaviour(self, request: Request) -> Response:
        """Put another behaviour in place of the one there is; what is left out is as by default."""
        read = bytearray()
        async for part in request.stream():
            read += part
            if len(read) > _BYTES:
                raise InvalidInput("The behaviour is longer than a megabyte.", remedy="Send a shorter one.")
        try:
            given = json.loads(read)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                f"The behaviour is no JSON: {error}.", remedy="Send an object, as GET /simulation/behaviour returns it."
            ) from None
        self._told().set(behaviour_of(given))
        return await self.behaviour(request)

    def _told(self) -> Director:
        if self._director is None:
            raise NotFound("What is done here is decided by a program.", remedy="Change the program.")
        return self._director


async def refused(_request: Request, error: Exception) -> Response:
    """Return an error of these routes as a problem document."""
    assert isinstance(error, InvalidInput | NotFound)
    body = problem(error, "")
    status = 400 if isinstance(error, InvalidInput) else body["status"]
    return JSONResponse({**body, "status": status}, status, media_type=MEDIA_TYPE)


def _number(given: str) -> int:
    if given.isascii() and given.isdigit() and len(given) < 9 and 0 < int(given) <= _LARGEST_PAGE:
        return int(given)
    raise InvalidInput(f"The limit is no number from 1 to {_LARGEST_PAGE}.", remedy="Leave it out for 100.")
