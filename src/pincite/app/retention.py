"""The daily chore that erases what collections keep no longer, and old replies of models; not what is on hold.

How long a collection keeps its documents is the library's; how a document is erased is in `erasing.py`.
"""

import asyncio
from datetime import datetime

from pincite.app.erasing import Eraser
from pincite.app.wiring import House
from pincite.core import NotFound, PinciteError, Scope, get_logger, utc_now
from pincite.core.errors import OnHold

_EVERY_S = 86_400.0
# Writers wait while the database is written anew, and they were asked by nobody: for a second or so, and not more.
_ANEW_UP_TO = 128 << 20
log = get_logger(__name__)


class Retention:
    """Looks through all tenants.

    Args:
        house: all rooms.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._eraser = Eraser(house)

    async def run(self) -> None:
        """Look now and once a day, until it is cancelled."""
        while True:
            try:
                await self.look()
                await self._house.models.tidy()
            except (PinciteError, TimeoutError) as error:
                log.warning("retention failed", code=getattr(error, "code", "timeout"), message=str(error))
            await asyncio.sleep(_EVERY_S)

    async def look(self, now: datetime | None = None) -> int:
        """Erase what was kept long enough by then; returns how many documents. Safe from any number of processes."""
        erased = 0
        for scope in await self._house.system_scopes():
            try:
                erased += await self._look_at(scope, now or utc_now())
            except (PinciteError, TimeoutError) as error:  # the next tenant's documents are as old
                log.warning("retention failed", code=getattr(error, "code", "timeout"), message=str(error))
        return erased

    async def _look_at(self, scope: Scope, now: datetime) -> int:
        try:
            await self._house.answers.drop_old_replies(scope, now)
        except OnHold:
            pass
        except (PinciteError, TimeoutError) as error:  # documents are as old, and wait for no replies
            log.warning("replies not erased", code=getattr(error, "code", "timeout"), message=str(error))
        done = 0
        try:
            while documents := await self._house.library.outlived(scope, now):
                for each in documents:
                    done += await self._erase(scope, each)
        finally:
            if done:
                log.info("documents erased by age", documents=done)
                await self._eraser.scrub(scope, anew_up_to=_ANEW_UP_TO)
        return done

    async def _erase(self, scope: Scope, document: str) -> bool:
        try:
            await self._eraser.document(scope, document, scrub=False)
        except (NotFound, OnHold) as error:  # another process was faster, or somebody who set a hold
            log.info("document not erased", document=document, code=error.code)
            return False
        return True
