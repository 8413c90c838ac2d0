"""Deletes bytes that nothing refers to: one process at a time, which has a claim on them for a while.

Uploads of the same bytes are refused until then. Two that delete the same could delete what came again in between.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, PinciteError, Scope, Unavailable, utc_now
from pincite.core.blobs import BlobStore
from pincite.core.database import database_now
from pincite.library.store import purging

CLAIM_S = 20.0
# A deletion that takes longer counts as failed, and ends before its claim does.
_DELETE_S = 10.0
_LOOK_S = 0.5
_PATIENCE_S = 3 * CLAIM_S


@dataclass(frozen=True, slots=True)
class Claimed:
    """Bytes that this process may delete: until then by the database's clock, and by its own that nobody sets."""

    blobs: tuple[str, ...]
    until: datetime
    ends: float


async def claim(session: AsyncSession, scope: Scope, of: Collection[str] | None = None) -> Claimed:
    """Claim bytes that are recorded as being deleted, all or `of` these, but for what another has a claim on."""
    ends = time.monotonic() + CLAIM_S
    if of is not None and not of:
        return Claimed((), utc_now(), ends)
    now = await database_now(session)
    until = now + timedelta(seconds=CLAIM_S)
    return Claimed(await purging.claim_doomed(session, scope, now, until, of), until, ends)


async def finish(database: Database, blobs: BlobStore, scope: Scope, claimed: Claimed) -> None:
    """Delete bytes under a claim, then their records. Raises: Unavailable, StorageFull; then others may take over."""
    left = list(claimed.blobs)
    try:
        while left:
            held = await _held(database, scope, left[0], claimed)
            if held is not None:
                await _delete(blobs, scope, left[0])
                async with database.transaction(scope) as tx:
                    await purging.forget_doomed(tx, scope, left[0], held)
            left.pop(0)
    except _Unknown:
        await _give_back(database, scope, left[1:], claimed.until)
        raise
    except PinciteError:
        await _give_back(database, scope, left, claimed.until)
        raise


async def see_through(database: Database, blobs: BlobStore, scope: Scope) -> None:
    """Finish deletions that were begun by now, or wait until others have.

    Raises: Unavailable, also where whoever is at them does not come to an end; StorageFull.
    """
    patient_until = time.monotonic() + _PATIENCE_S
    async with database.read(scope) as session:
        wanted = set(await purging.doomed_blobs(session, scope))
    while wanted:
        async with database.transaction(scope) as tx:
            wanted &= set(await purging.doomed_blobs(tx, scope))
            claimed = await claim(tx, scope, wanted)
        await finish(database, blobs, scope, claimed)
        wanted -= set(claimed.blobs)
        if wanted and time.monotonic() > patient_until:
            raise Unavailable("Bytes that are being deleted are there still.", remedy="Try again later.")
        if wanted:
            await asyncio.sleep(_LOOK_S)


class _Unknown(Unavailable):
    """Nobody answered: the deletion may be done yet, so its claim is left to run out."""


async def _held(database: Database, scope: Scope, sha256: str, claimed: Claimed) -> datetime | None:
    """Return until when bytes are claimed, longer where too little is left; None where another has them by now."""
    if time.monotonic() + _DELETE_S < claimed.ends:
        return claimed.until
    async with database.transaction(scope) as tx:
        until = await database_now(tx) + timedelta(seconds=CLAIM_S)
        return until if await purging.set_claim(tx, scope, sha256, claimed.until, until) else None


async def _delete(blobs: BlobStore, scope: Scope, sha256: str) -> None:
    try:
        async with asyncio.timeout(_DELETE_S):
            await blobs.delete(scope, sha256)
    except TimeoutError:
        raise _Unknown("The place where files are kept did not answer in time.", remedy="Try again later.") from None


async def _give_back(database: Database, scope: Scope, blobs: Sequence[str], until: datetime) -> None:
    with suppress(PinciteError):  # then they run out
        async with database.transaction(scope) as tx:
            for sha256 in blobs:
                await purging.set_claim(tx, scope, sha256, until, None)
