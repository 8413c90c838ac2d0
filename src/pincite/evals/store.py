"""Every query of evaluation. Golden sets and outcomes belong to a tenant and are seen by all of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import InvalidInput, NotFound, Scope, new_id
from pincite.evals.domain import CorpusPassage, GoldenSet, SetInfo, SetKind
from pincite.evals.formats import case_from, case_to
from pincite.evals.tables import ID_LENGTH, NAME_LENGTH, CaseRow, OutcomeRow, PassageRow, SetRow

_AT_ONCE = 500


def visible_to(scope: Scope, row: type[SetRow] | type[OutcomeRow]) -> ColumnElement[bool]:
    """Return the predicate of the rows that the asker may see: the one place where that is decided."""
    return row.tenant == scope.tenant


async def add_set(session: AsyncSession, scope: Scope, golden: GoldenSet, at: datetime) -> SetInfo:
    """Keep a set as the newest of its name. What the newest says already is found; an older one becomes the newest.

    Raises: InvalidInput (a name or id is too long).
    """
    _refuse_long(golden)
    newest = await session.scalar(
        select(SetRow).where(visible_to(scope, SetRow), SetRow.name == golden.name).order_by(SetRow.id.desc()).limit(1)
    )
    if newest is not None and newest.version == golden.version:
        return _info(newest)
    await session.execute(
        delete(SetRow).where(visible_to(scope, SetRow), SetRow.name == golden.name, SetRow.version == golden.version)
    )
    row = SetRow(
        id=new_id(),
        tenant=scope.tenant,
        name=golden.name,
        version=golden.version,
        kind=golden.kind.value,
        cases=len(golden.cases),
        created_at=at,
    )
    session.add(row)
    await session.flush()
    cases = [{"set_id": row.id, "place": place, "data": case_to(case)} for place, case in enumerate(golden.cases)]
    await session.execute(insert(CaseRow), cases)
    passages = [
        {"set_id": row.id, "place": place, "passage": each.id, "title": each.title, "text": each.text}
        for place, each in enumerate(golden.corpus)
    ]
    if passages:
        await session.execute(insert(PassageRow), passages)
    return _info(row)


async def sets(session: AsyncSession, scope: Scope) -> list[SetInfo]:
    """Return every version of every set, the newest first."""
    rows = await session.scalars(select(SetRow).where(visible_to(scope, SetRow)).order_by(SetRow.id.desc()))
    return [_info(row) for row in rows]


async def golden_set(session: AsyncSession, scope: Scope, name: str, version: str | None) -> GoldenSet:
    """Return a set by name, in its newest version unless one is named. Raises: NotFound."""
    row = await _row(session, scope, name, version)
    cases = await session.scalars(select(CaseRow.data).where(CaseRow.set_id == row.id).order_by(CaseRow.place))
    passages = await session.scalars(select(PassageRow).where(PassageRow.set_id == row.id).order_by(PassageRow.place))
    return GoldenSet(
        row.name,
        SetKind(row.kind),
        tuple(case_from(data) for data in cases),
        tuple(CorpusPassage(each.passage, each.title, each.text) for each in passages),
    )


async def delete_set(session: AsyncSession, scope: Scope, name: str, version: str | None) -> None:
    """Remove one version of a set, the newest unless one is named. Raises: NotFound."""
    row = await _row(session, scope, name, version)
    await session.execute(delete(SetRow).where(visible_to(scope, SetRow), SetRow.id == row.id))


async def forget_outcomes(session: AsyncSession, scope: Scope, *, only_count: bool) -> int:
    """Delete what is kept of subjects' answers; returns how many there were."""
    found = await session.scalar(select(func.count()).select_from(OutcomeRow).where(visible_to(scope, OutcomeRow)))
    if not only_count:
        await session.execute(delete(OutcomeRow).where(visible_to(scope, OutcomeRow)))
    return found or 0


async def outcomes(session: AsyncSession, scope: Scope, keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return what is kept under those keys."""
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        rows = await session.scalars(select(OutcomeRow).where(visible_to(scope, OutcomeRow), OutcomeRow.key.in_(some)))
        found.update({row.key: row.data for row in rows})
    return found


async def keep_outcomes(
    session: AsyncSession, scope: Scope, made: Mapping[str, Mapping[str, Any]], at: datetime
) -> None:
    """Keep outcomes by key; one that another process kept meanwhile stays."""
    if not made:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [{"tenant": scope.tenant, "key": key, "created_at": at, "data": data} for key, data in made.items()]
    await session.execute(dialect.insert(OutcomeRow).on_conflict_do_nothing(), rows)


async def _row(session: AsyncSession, scope: Scope, name: str, version: str | None) -> SetRow:
    query = select(SetRow).where(visible_to(scope, SetRow), SetRow.name == name)
    if version is not None:
        query = query.where(SetRow.version == version)
    row = await session.scalar(query.order_by(SetRow.id.desc()).limit(1))
    if row is None:
        which = name if version is None else f"{name} in version {version}"
        raise NotFound(
            f"There is no golden set {which}.", remedy="Give the path of a file, or a name from `pincite eval sets`."
        )
    return row


def _refuse_long(golden: GoldenSet) -> None:
    if not golden.name.strip() or len(golden.name) > NAME_LENGTH:
        raise InvalidInput(
            f"A set's name has 1 to {NAME_LENGTH} characters.",
            remedy="Give one with --name, or name the file otherwise.",
        )
    if long := next((each.id for each in golden.corpus if len(each.id) > ID_LENGTH), None):
        raise InvalidInput(
            f"The id {long[:60]!r}... of a passage has more than {ID_LENGTH} characters.", remedy="Shorten it."
        )


def _info(row: SetRow) -> SetInfo:
    return SetInfo(row.name, row.version, SetKind(row.kind), row.cases, row.created_at)
