"""Queries on what happens with personal data: a collection's policy counts for whoever sees any document in it.

So policies are looked up in the tenant, not in what the asker may see; nothing else of a collection is told here.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Scope
from pincite.core.batched import batched
from pincite.core.scope import system_scope
from pincite.library.grants import Level
from pincite.library.store.access import visible_to
from pincite.library.tables import CollectionRow, DocumentRow, RevisionRow, TombstoneRow
from pincite.privacy import Policy

_AT_ONCE = 500


async def set_policy(session: AsyncSession, scope: Scope, collection_id: str, policy: Policy) -> None:
    """Say what happens with personal data in a collection."""
    await session.execute(
        update(CollectionRow)
        .where(visible_to(scope, CollectionRow, Level.MANAGER), CollectionRow.id == collection_id)
        .values(personal_data=policy.value)
        .execution_options(synchronize_session="fetch")
    )


async def policies(session: AsyncSession, scope: Scope, collection_ids: Collection[str]) -> dict[str, Policy]:
    """Return the policies of collections that there are."""
    query = select(CollectionRow.id, CollectionRow.personal_data).where(
        visible_to(system_scope(scope.tenant), CollectionRow), CollectionRow.id.in_(sorted(collection_ids))
    )
    return {row[0]: Policy(row[1]) for row in (await session.execute(query)).all()}


async def revisions_under(
    session: AsyncSession, scope: Scope, revision_ids: Collection[str], wanted: Iterable[Policy]
) -> frozenset[str]:
    """Return those of the revisions whose collection has one of the policies."""
    found: set[str] = set()
    tenant, values = system_scope(scope.tenant), [each.value for each in wanted]
    for some in batched(sorted(revision_ids), _AT_ONCE):
        query = (
            select(RevisionRow.id)
            .join(DocumentRow, DocumentRow.id == RevisionRow.document_id)
            .join(CollectionRow, CollectionRow.id == DocumentRow.collection_id)
            .where(visible_to(tenant, RevisionRow), visible_to(tenant, CollectionRow))
            .where(RevisionRow.id.in_(some), CollectionRow.personal_data.in_(values))
        )
        found.update(await session.scalars(query))
    return frozenset(found)


async def policies_of(session: AsyncSession, scope: Scope, document_ids: Collection[str]) -> dict[str, Policy]:
    """Return the policies that documents are under, purged ones too, but for those whose collection is gone as well."""
    policies: dict[str, Policy] = {}
    tenant = system_scope(scope.tenant)
    for some in batched(sorted(document_ids), _AT_ONCE):
        for named, collection, row in (
            (TombstoneRow.document_id, TombstoneRow.collection_id, TombstoneRow),
            (DocumentRow.id, DocumentRow.collection_id, DocumentRow),
        ):
            query = (
                select(named, CollectionRow.personal_data)
                .join(CollectionRow, CollectionRow.id == collection)
                .where(row.tenant == tenant.tenant, visible_to(tenant, CollectionRow), named.in_(some))
            )
            policies |= {document: Policy(policy) for document, policy in (await session.execute(query)).tuples()}
    return policies
