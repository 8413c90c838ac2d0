"""Erasing a document, a user or a tenant from everywhere: rows, index, bytes, answers, replays, outcomes, copies.

What each room deletes is its own; here is the order, the report, and the files that are written anew at the end.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.app.replays import Replays
from pincite.app.wiring import House
from pincite.core import Conflict, NotFound, Scope, StorageFull, Table, Unavailable
from pincite.core.audit import note
from pincite.core.scope import system_scope
from pincite.ledger import Subject

# Rows that stay: that something was removed, by its id, and who did what (see docs/how-to/erase.md).
_STAY = frozenset({"library_tombstones"})
_LOG = frozenset({"audit_entries", "audit_heads"})
_BILLS = frozenset({"ledger_entries"})  # what was spent, by the id of who spent it
# By these a tenant's indexes and folders are found, and the tenant, where its erasure was broken off: they go last.
_FINDING = frozenset({"accounts_tenants", "library_generations", "sources_sources"})
# Tables without a tenant: they go with the row that they are about.
_WITH: Mapping[str, tuple[str, str]] = {
    "answers_basis": ("answer", "answers_answers"),
    "answers_events": ("answer", "answers_answers"),
    "answers_shadows": ("answer", "answers_answers"),
    "evals_cases": ("set_id", "evals_sets"),
    "evals_passages": ("set_id", "evals_sets"),
}


@dataclass(frozen=True, slots=True)
class Erased:
    """What was deleted where, or would be: rows by table, points of the search indexes, originals, folders.

    With `resumed` it had been removed before: this finished what was broken off, or erased what a removal leaves.
    `left` says why pieces may be left in files that could not be written anew just now; `Eraser.scrub` does it later.
    """

    kind: str
    id: str
    dry_run: bool
    rows: dict[str, int]
    points: int = 0
    blobs: int = 0
    folders: int = 0
    stays: list[str] = field(default_factory=list[str])
    resumed: bool = False
    left: str | None = None


class Eraser:
    """Erases; each use can be repeated after it was broken off.

    Args:
        house: all rooms; it must work, because documents are taken out by jobs.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._replays = Replays(house.database)

    async def document(self, scope: Scope, name: str, *, dry_run: bool = False, scrub: bool = True) -> Erased:
        """Erase a document with all revisions, and every conversation that quotes it; also one that was removed before.

        What subjects answered in evaluations, what was answered to repeated requests and replies of models that are
        kept goes for the whole tenant: it does not say which documents it quotes. Without `scrub` files are still to be
        written anew.

        Raises: NotFound; OnHold.
        """
        house = self._house
        document, resumed = await house.library.to_erase(scope, name)
        await house.library.refuse_held(scope, document_id=document)
        async with house.database.read(scope) as session:
            revisions = await _ids(session, "library_revisions", "document_id", document, scope)
            rows = await _counted(session, scope, {"document_id": {document}, "revision_id": revisions})
            rows |= await _counted_grants(session, scope, document)
            blobs = await _own_bytes(session, scope, document)
        points = await house.ingest.points(scope, revisions)
        # Before the document: where this is broken off, it is still there to be named again.
        rows |= await self._forget_quotes(scope, document, only_count=dry_run)
        stays = sorted(_STAY | _LOG)
        report = Erased("document", document, dry_run, _some(rows), points, blobs, stays=stays, resumed=resumed)
        if not dry_run:
            if not resumed:
                await house.ingest.remove(scope, document)
            await house.ingest.finish_removal(scope, document)
            await self._forget_quotes(scope, document, only_count=False)  # of what was asked in the meantime
            await self._note(scope, report)
            if scrub:
                report = replace(report, left=await _failure(self.scrub(scope)))
        return report

    async def _forget_quotes(self, scope: Scope, document_id: str, *, only_count: bool) -> dict[str, int]:
        rows = dict(await self._house.answers.erase_quoting(scope, document_id, only_count=only_count))
        rows["evals_outcomes"] = await self._house.evaluations.forget_outcomes(scope, only_count=only_count)
        rows["app_replays"] = await self._replays.forget(scope, only_count=only_count)
        rows["gateway_replies"] = await self._house.models.forget(scope, only_count=only_count)
        return rows

    async def scrub(self, scope: Scope, *, anew_up_to: int | None = None) -> None:
        """Let nothing that was deleted be left in the files of the tenant's indexes and of the database.

        A larger database than of so many bytes is not written anew: see `Database.scrub`.

        Raises: StorageFull, Unavailable.
        """
        await self._house.ingest.scrub(scope)
        await self._house.database.scrub(anew_up_to=anew_up_to)

    async def user(self, scope: Scope, user_id: str, *, dry_run: bool = False) -> Erased:
        """Erase a user with their conversations, and what was granted to them; documents are the tenant's and stay.

        One who was removed before is erased by their id as long as anything of theirs is left.

        Raises: NotFound, Denied, Conflict (the last owner); OnHold while the whole tenant is on hold.
        """
        house = self._house
        async with house.database.read(scope) as session:
            rows = await _counted(session, scope, {"user_id": {user_id}, "grantee_id": {user_id}})
        is_there = await self._is_there(scope, user_id, rows)
        await house.library.refuse_held(scope)
        if is_there and not dry_run:
            await house.people.change(scope, user_id, disabled=True)  # so that nothing of theirs comes to it
        rows |= await house.answers.erase_of(scope, user_id, only_count=dry_run)
        rows["app_replays"] = await self._replays.forget(scope, asker=user_id, only_count=dry_run)
        rows["gateway_replies"] = await house.models.forget(scope, only_count=dry_run)
        rows["accounts_users"] = int(is_there)
        rows["ledger_budgets"] = await house.ledger.forget_subject(scope, Subject.USER, user_id, only_count=dry_run)
        report = Erased("user", user_id, dry_run, _some(rows), stays=sorted(_LOG | _BILLS))
        if not dry_run:
            await house.library.forget_grantee(scope, user_id)
            if is_there:
                await house.people.remove(scope, user_id)
            report = await self._finished(scope, report)
        return report

    async def _is_there(self, scope: Scope, user_id: str, rows: Mapping[str, int]) -> bool:
        """Say whether a user is there still. Raises: NotFound where nothing is left of them either."""
        try:
            await self._house.people.user(scope, user_id)
        except NotFound:
            left = {**rows, **await self._house.answers.erase_of(scope, user_id, only_count=True)}
            left["app_replays"] = await self._replays.forget(scope, asker=user_id, only_count=True)
            if not any(left.values()):
                raise
            return False
        return True

    async def tenant(self, tenant_id: str, *, dry_run: bool = False) -> Erased:
        """Erase a tenant with all that is its, but for its audit log. Raises: NotFound; Conflict; OnHold."""
        house, scope = self._house, system_scope(tenant_id)
        if tenant_id not in {each.id for each in await house.accounts.tenants()}:
            raise NotFound("There is no such tenant.", remedy="Give its id, from `pincite tenants list`.")
        if tenant_id == (await house.owner()).tenant:
            raise Conflict("This is the installation's own tenant.", remedy="Erase its documents and users.")
        await house.library.refuse_any(scope)
        async with house.database.read(scope) as session:
            rows = await _counted_tenant(session, scope)
            sources = await _ids(session, "sources_sources", "tenant", tenant_id, scope)
            revisions = await _ids(session, "library_revisions", "tenant", tenant_id, scope)
        points = await house.ingest.points(scope, revisions)
        blobs = [each.sha256 async for each in house.blobs.list(scope)]
        folders = await asyncio.to_thread(self._folders, sources)
        report = Erased("tenant", tenant_id, dry_run, _some(rows), points, len(blobs), len(folders), stays=sorted(_LOG))
        if not dry_run:
            # First, and asked once more with it: from here on there is nothing that a hold could be set on.
            await self._drop_rows(scope, but=_FINDING)
            await house.ingest.drop_indexes(scope)
            for sha256 in blobs:
                await house.blobs.delete(scope, sha256)
            for folder in folders:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            await self._drop_rows(scope)
            report = await self._finished(scope, report)
        return report

    def _folders(self, sources: Iterable[str]) -> list[Any]:
        """Return the folders in which copies of sources are kept."""
        home = self._house.settings.home / "sources"
        return [path for source in sources for path in home.glob(f"*/{source}*")]

    async def _drop_rows(self, scope: Scope, but: frozenset[str] = frozenset()) -> None:
        """Delete the tenant's rows, all of them or `but` those of some tables. Raises: OnHold."""
        async with self._house.database.transaction(scope) as tx:
            await self._house.library.refuse_any_within(scope, tx)
            for table in reversed(Table.metadata.sorted_tables):
                which = _of_tenant(table, scope)
                if which is not None and table.name not in _LOG | but:
                    await tx.execute(delete(table).where(which))

    async def _finished(self, scope: Scope, report: Erased) -> Erased:
        await self._note(scope, report)
        return replace(report, left=await _failure(self._house.database.scrub()))

    async def _note(self, scope: Scope, report: Erased) -> None:
        async with self._house.database.transaction(scope) as tx:
            await note(
                tx,
                scope,
                {"document": "document.erased", "user": "user.erased", "tenant": "tenant.erased"}[report.kind],
                (report.kind, report.id),
                rows=sum(report.rows.values()),
            )


async def _failure(scrubbing: Awaitable[None]) -> str | None:
    """Say why files were not written anew; None where they were. What is erased is erased, and must be reported."""
    try:
        await scrubbing
    except (StorageFull, Unavailable) as error:
        return error.message
    return None


def _some(rows: Mapping[str, int]) -> dict[str, int]:
    return {table: count for table, count in sorted(rows.items()) if count}


def _tables() -> Iterable[Any]:
    return (table for table in Table.metadata.sorted_tables if table.name not in _STAY | _LOG)


def _of_tenant(table: Any, scope: Scope) -> ColumnElement[bool] | None:
    """Return the predicate of a tenant's rows; None for a table whose rows go with others or are of no tenant."""
    if table.name == "accounts_tenants":
        return table.c.id == scope.tenant
    return table.c.tenant == scope.tenant if "tenant" in table.c else None


async def _count(session: AsyncSession, table: FromClause, which: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count()).select_from(table).where(which)) or 0


async def _counted(session: AsyncSession, scope: Scope, named: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Return how many rows of each table have one of the values in a column of that name."""
    found: dict[str, int] = {}
    for table in _tables():
        parts = [table.c[column].in_(sorted(values)) for column, values in named.items() if column in table.c]
        if parts and "tenant" in table.c:
            found[table.name] = await _count(session, table, (table.c.tenant == scope.tenant) & or_(*parts))
    documents = Table.metadata.tables["library_documents"]
    if "document_id" in named:
        which = (documents.c.tenant == scope.tenant) & documents.c.id.in_(sorted(named["document_id"]))
        found["library_documents"] = await _count(session, documents, which)
    return found


async def _counted_grants(session: AsyncSession, scope: Scope, document_id: str) -> dict[str, int]:
    grants = Table.metadata.tables["library_grants"]
    which = (grants.c.tenant == scope.tenant) & (grants.c.object_kind == "document")
    return {"library_grants": await _count(session, grants, which & (grants.c.object_id == document_id))}


async def _counted_tenant(session: AsyncSession, scope: Scope) -> dict[str, int]:
    found: dict[str, int] = {}
    for table in Table.metadata.sorted_tables:
        which = _of_tenant(table, scope)
        if table.name in _WITH:
            column, home = _WITH[table.name]
            owner = Table.metadata.tables[home]
            which = table.c[column].in_(select(owner.c.id).where(owner.c.tenant == scope.tenant))
        if which is not None and table.name not in _LOG:
            found[table.name] = await _count(session, table, which)
    return found


async def _ids(session: AsyncSession, name: str, column: str, value: str, scope: Scope) -> frozenset[str]:
    table = Table.metadata.tables[name]
    which = (table.c.tenant == scope.tenant) & (table.c[column] == value)
    return frozenset((await session.scalars(select(table.c.id).where(which))).all())


async def _own_bytes(session: AsyncSession, scope: Scope, document_id: str) -> int:
    """Return how many originals no other document of the tenant has."""
    table = Table.metadata.tables["library_revisions"]
    others = select(table.c.sha256).where(table.c.tenant == scope.tenant, table.c.document_id != document_id)
    own = (
        select(table.c.sha256)
        .distinct()
        .where(table.c.tenant == scope.tenant, table.c.document_id == document_id, table.c.sha256.not_in(others))
    )
    return len((await session.scalars(own)).all())
