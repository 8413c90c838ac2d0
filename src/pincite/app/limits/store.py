"""Every query on the table of requests counted: one statement takes, on SQLite and PostgreSQL alike."""

from sqlalchemy import ColumnElement, Integer, case, delete, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.app.limits.domain import Policy, Taken
from pincite.app.limits.tables import LimitRow
from pincite.core.database import clock

# Of what is left, nobody takes more in advance than this share: others who ask find some, too.
_SHARE = 16
# A statement that waited for the row is older than a window begun meanwhile; only a clock set back is further off.
_WAITED_S = 60


async def take(session: AsyncSession, key: str, policy: Policy, wanted: int) -> Taken:
    """Take up to `wanted` requests of a window, in one statement, so that never more than its quota are taken.

    The window that is over, or lies far in the future because a clock was set back, is begun anew.
    """
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    ends_at = clock(session) + policy.window_s
    first = kind(LimitRow).values(key=key, ends_at=ends_at, used=1, granted=1, refused=0)
    asked_to = first.excluded.ends_at
    anew = (LimitRow.ends_at <= asked_to - policy.window_s) | (LimitRow.ends_at > asked_to + _WAITED_S)
    used = case((anew, 0), else_=LimitRow.used)
    granted = _granted(literal(policy.quota, Integer) - used, wanted)
    taking = first.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "ends_at": case((anew, asked_to), else_=LimitRow.ends_at),
            "used": used + granted,
            "granted": granted,
            "refused": case((anew, 0), else_=LimitRow.refused) + case((granted == 0, 1), else_=0),
        },
    ).returning(LimitRow.granted, LimitRow.used, LimitRow.refused, LimitRow.ends_at - clock(session))
    row = (await session.execute(taking)).one()
    return Taken(row[0], max(0, policy.quota - row[1]), min(row[3], float(policy.window_s)), row[2])


async def forget_old(session: AsyncSession) -> None:
    """Delete windows that are over."""
    await session.execute(delete(LimitRow).where(LimitRow.ends_at < clock(session)))


def _granted(room: ColumnElement[int], wanted: int) -> ColumnElement[int]:
    share = room // _SHARE
    return case((room <= 0, 0), (share <= 1, 1), (share < wanted, share), else_=wanted)
