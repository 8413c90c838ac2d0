"""The change feed as a stream of server-sent events: `document.changed` and `document.removed`.

It looks at the database and keeps nothing in memory, so it works alike with any number of processes.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi.sse import ServerSentEvent

from pincite.core import PinciteError, Scope
from pincite.library.domain import Change
from pincite.library.schemas import DocumentBody
from pincite.library.service import Library

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """How often the feed looks, in seconds: soon again after a change, less often while nothing happens.

    A stream ends after `longest_s`, so that the client comes back and its access is checked again.
    """

    busy_s: float = 0.2
    idle_s: float = 1.0
    longest_s: float = 900.0


async def follow(
    library: Library, scope: Scope, after: int | None, settings: FeedSettings
) -> AsyncIterator[ServerSentEvent]:
    """Yield what changes after version `after`, or from now on if that is None; ids are versions.

    The first event, `feed.started`, carries the version that the stream starts at.
    """
    until = time.monotonic() + settings.longest_s
    pause_s = settings.busy_s
    try:
        version = await library.latest_version(scope) if after is None else after
        yield ServerSentEvent(event="feed.started", id=str(version), data={"version": version})
        while time.monotonic() < until:
            latest = await library.latest_version(scope)
            changes = await library.changes(scope, version, _AT_ONCE) if latest > version else []
            for change in changes:
                version = change.version
                yield _event(change)
            if len(changes) < _AT_ONCE:  # what is left up to there is not for this reader, and is not looked at again
                version = max(version, latest)
            pause_s = settings.busy_s if changes else min(settings.idle_s, pause_s * 1.5)
            await asyncio.sleep(pause_s)
    except PinciteError as error:
        # The reply has begun, so a status is too late; the client comes back with its last id.
        yield ServerSentEvent(event="feed.failed", data={"code": error.code, "message": error.message})


def _event(change: Change) -> ServerSentEvent:
    if change.document is None:
        return ServerSentEvent(event="document.removed", id=str(change.version), data={"id": change.removed_id})
    return ServerSentEvent(event="document.changed", id=str(change.version), data=DocumentBody.of(change.document))
