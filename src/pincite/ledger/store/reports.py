"""What was spent, by whom and on what: one query, over the calls of a tenant that the asker may know of."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.ledger.book import State
from pincite.ledger.spending import MOST_LINES, By, Line, Wanted
from pincite.ledger.store.rows import visible_to
from pincite.ledger.tables import EntryRow


async def lines(session: AsyncSession, scope: Scope, wanted: Wanted, *, everyone: bool) -> list[Line]:
    """Return a line for each group, the dearest first, at most `MOST_LINES`; without `by` there is one, if any call.

    They are of the asker's own calls, or of `everyone`'s in the tenant.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    groups = {by: _column(by, is_sqlite=is_sqlite) for by in wanted.by}
    over = EntryRow.state != State.RESERVED.value
    answered = case((EntryRow.answer.is_not(None), EntryRow.cost_pico), else_=0)
    sums: tuple[ColumnElement[Any], ...] = (
        func.sum(case((EntryRow.hit, 0), else_=1)),
        func.sum(case((over, 0), else_=1)),
        func.sum(case((and_(over, EntryRow.cost_pico.is_(None)), 1), else_=0)),
        func.sum(case((EntryRow.estimated, 1), else_=0)),
        func.sum(EntryRow.input_tokens),
        func.sum(EntryRow.cached_tokens),
        func.sum(EntryRow.output_tokens),
        func.sum(EntryRow.cost_pico),
        func.count(EntryRow.answer.distinct()),
        func.sum(answered),
        func.sum(case((EntryRow.hit, 1), else_=0)),
        func.sum(case((EntryRow.hit, EntryRow.saved_pico), else_=0)),
        func.sum(case((EntryRow.hit, 0), else_=EntryRow.saved_pico)),
        func.sum(EntryRow.routed_pico),
    )
    some = func.count()
    query = (
        select(*groups.values(), *sums, some)
        .where(visible_to(scope, EntryRow), *_which(scope, wanted, everyone=everyone))
        .group_by(*groups.values())
        .order_by(func.coalesce(func.sum(EntryRow.cost_pico), 0).desc(), *groups.values())
        .limit(MOST_LINES)
    )
    rows = (await session.execute(query)).all()
    return [_line(wanted.by, tuple(row[:-1])) for row in rows if row[-1]]


def _which(scope: Scope, wanted: Wanted, *, everyone: bool) -> list[ColumnElement[bool]]:
    return [
        *([] if everyone else [EntryRow.actor == scope.user]),
        *([] if wanted.user is None else [EntryRow.actor == wanted.user]),
        *([] if wanted.answer is None else [EntryRow.answer == wanted.answer]),
        *([] if wanted.since is None else [EntryRow.created_at >= wanted.since]),
        *([] if wanted.until is None else [EntryRow.created_at < wanted.until]),
    ]


def _column(by: By, *, is_sqlite: bool) -> ColumnElement[Any]:
    if by is By.DAY:
        if is_sqlite:
            return func.strftime("%Y-%m-%d", EntryRow.created_at)
        return func.to_char(func.timezone("UTC", EntryRow.created_at), "YYYY-MM-DD")
    columns: Mapping[By, ColumnElement[Any]] = {
        By.USER: EntryRow.actor.expression,
        By.KEY: EntryRow.key_id.expression,
        By.ASSISTANT: EntryRow.assistant.expression,
        By.MODEL: EntryRow.model.expression,
        By.STAGE: EntryRow.stage.expression,
        By.KIND: EntryRow.kind.expression,
    }
    return columns[by]


def _line(by: tuple[By, ...], row: tuple[Any, ...]) -> Line:
    counts = [int(each or 0) for each in row[len(by) :]]
    return Line(dict(zip(by, row, strict=False)), *counts)
