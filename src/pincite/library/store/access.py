"""What a scope may see and change, as predicates of queries: the one place where that is decided.

Owners and admins see all of their tenant. Everybody else sees what is granted to them, to a group of theirs or to
everyone: a collection with all that is in it, or a document. Grants themselves are written in `grants.py`.
"""

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from pincite.core import Scope
from pincite.library.grants import GranteeKind, Level, ObjectKind
from pincite.library.tables import (
    BatchRow,
    BlobDeletionRow,
    ChunkRow,
    CollectionRow,
    ContextRow,
    DocumentRow,
    FeedRow,
    GenerationRow,
    GrantRow,
    HoldRow,
    PageRow,
    RevisionRow,
    TombstoneRow,
    UsageRow,
    VectorRow,
    WaitingRow,
)

TenantRow = (
    type[FeedRow]
    | type[CollectionRow]
    | type[DocumentRow]
    | type[RevisionRow]
    | type[PageRow]
    | type[ChunkRow]
    | type[TombstoneRow]
    | type[BlobDeletionRow]
    | type[GenerationRow]
    | type[WaitingRow]
    | type[ContextRow]
    | type[VectorRow]
    | type[BatchRow]
    | type[GrantRow]
    | type[UsageRow]
    | type[HoldRow]
)


# The tenant's counters, which builds of its index there are and what they lack, bytes on their way out: nothing of any
# document is in them, and whoever searches or uploads needs them. Grants are listed for those who manage what they are
# about, and holds for owners and admins, which the service makes sure of.
_OF_ALL = frozenset({FeedRow, GenerationRow, WaitingRow, BlobDeletionRow, GrantRow, UsageRow, HoldRow})


def visible_to(scope: Scope, row: TenantRow, level: Level = Level.VIEWER) -> ColumnElement[bool]:
    """Return the predicate of the rows that the asker may see, or has a higher `level` on."""
    within = row.tenant == scope.tenant
    return within if scope.sees_all else and_(within, _granted(scope, row, level))


def granted_objects(scope: Scope, kind: ObjectKind, level: Level = Level.VIEWER) -> Select[str]:
    """Return the query of the ids of collections or documents on which the asker was granted a level."""
    return select(GrantRow.object_id).where(
        visible_to(scope, GrantRow),
        GrantRow.object_kind == kind,
        GrantRow.level >= level.rank,
        grants_to(scope),
    )


def grants_to(scope: Scope) -> ColumnElement[bool]:
    """Return the predicate of the grants that count for the asker."""
    return or_(
        GrantRow.grantee_kind == GranteeKind.EVERYONE.value,
        and_(GrantRow.grantee_kind == GranteeKind.USER.value, GrantRow.grantee_id == scope.user),
        and_(GrantRow.grantee_kind == GranteeKind.GROUP.value, GrantRow.grantee_id.in_(sorted(scope.groups))),
    )


def _granted(scope: Scope, row: TenantRow, level: Level) -> ColumnElement[bool]:
    if row in _OF_ALL:
        return row.tenant == scope.tenant
    if row is BatchRow:
        return row.begun_by == scope.user
    collections, documents = granted_objects(scope, "collection", level), granted_objects(scope, "document", level)
    if row is CollectionRow:
        return row.id.in_(collections)
    if row is DocumentRow:
        return or_(row.collection_id.in_(collections), row.id.in_(documents))
    if row is ChunkRow or row is TombstoneRow:
        return or_(row.collection_id.in_(collections), row.document_id.in_(documents))
    if row is RevisionRow or row is ContextRow or row is VectorRow:
        return _of_document(row.document_id, collections, documents)
    if row is PageRow:
        home = aliased(RevisionRow)
        whose = _of_document(home.document_id, collections, documents)
        return exists().where(home.id == row.revision_id, whose)
    raise TypeError(f"it is not said who may see rows of {row.__tablename__}")


def _of_document(
    document_id: InstrumentedAttribute[str], collections: Select[str], documents: Select[str]
) -> ColumnElement[bool]:
    home = aliased(DocumentRow)
    return exists().where(home.id == document_id, or_(home.collection_id.in_(collections), home.id.in_(documents)))
