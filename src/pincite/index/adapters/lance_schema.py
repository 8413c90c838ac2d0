"""What a Lance table of chunks looks like: its name, its columns, points as Arrow, predicates from typed values.

No connection and no query here.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportUnknownLambdaType=false
# (pyarrow and parts of lancedb come without types)

import hashlib
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from pincite.core import InvalidInput
from pincite.core.terms import asked_terms
from pincite.index.domain import Filter, Generation, Point
from pincite.index.searched import searched_terms, searched_text

BODY = "body"
VECTOR = "vector"
_PLAIN_NAME = re.compile(r"[a-z0-9_-]{1,64}")
# Recorded in the schema at creation: without it, concurrent upserts of one key insert it twice, silently.
_PRIMARY_KEY = {"lance-schema:unenforced-primary-key": "true"}


def table_name(tenant: str, generation: Generation) -> str:
    """Return the table of a tenant and generation: `tenant.generation`, or a hash where a name needs it.

    Two different pairs never share a name, also where the file system ignores case.
    """
    if _PLAIN_NAME.fullmatch(tenant) and _PLAIN_NAME.fullmatch(generation.name):
        return f"{tenant}.{generation.name}"
    digest = hashlib.sha256(f"{tenant}\0{generation.name}".encode()).hexdigest()
    return f"hash.of.{digest[:40]}"


def schema(dimensions: int) -> pa.Schema:
    """Return the columns of a table whose vectors have `dimensions` numbers."""
    return pa.schema(
        [
            pa.field("chunk_id", pa.utf8(), nullable=False, metadata=_PRIMARY_KEY),
            pa.field("document_id", pa.utf8()),
            pa.field("revision_id", pa.utf8()),
            pa.field("collection_id", pa.utf8()),
            pa.field(BODY, pa.utf8()),
            pa.field(VECTOR, pa.list_(pa.float32(), dimensions)),
        ]
    )


def to_arrow(points: Sequence[Point], generation: Generation) -> pa.Table:
    """Return the points as a table of the generation's `schema`, the last of each chunk id.

    Raises:
        InvalidInput: a vector is not of that length or holds a number that is not finite.
    """
    dimensions = generation.dimensions
    latest = list({point.chunk_id: point for point in points}.values())
    vectors = np.asarray([point.vector for point in latest], dtype=np.float32).reshape(len(latest), -1)
    if vectors.shape != (len(latest), dimensions) or not np.isfinite(vectors).all():
        raise InvalidInput(f"A vector does not have {dimensions} finite numbers.", remedy="Run `pincite reindex`.")
    columns = [
        pa.array([point.chunk_id for point in latest], pa.utf8()),
        pa.array([point.document_id for point in latest], pa.utf8()),
        pa.array([point.revision_id for point in latest], pa.utf8()),
        pa.array([point.collection_id for point in latest], pa.utf8()),
        pa.array([_body(point, generation) for point in latest], pa.utf8()),
        pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), dimensions),
    ]
    return pa.table(columns, schema=schema(dimensions))


def cuts_words(generation: Generation) -> bool:
    """Whether the engine cuts and stems the words of a generation, all as English; later ones are written in terms."""
    return generation.terms == 1


def asked(query: str, where: Filter, generation: Generation) -> str:
    """Return a question as the words of a generation are written."""
    return query if cuts_words(generation) else " ".join(asked_terms(query, where.languages))


def _body(point: Point, generation: Generation) -> str:
    if cuts_words(generation):
        return searched_text(point.title, point.text)
    return " ".join(searched_terms(point.title, point.text, point.language))


def predicate(where: Filter) -> str:
    """Return the filter, which must match something, as SQL.

    The only place that writes values into a predicate, all of them quoted.
    """
    columns = (("collection_id", where.collections), ("document_id", where.granted))
    seen = " OR ".join(among(column, values) for column, values in columns if values)
    return seen if where.documents is None else f"({seen}) AND {among('document_id', where.documents)}"


def equals(column: str, value: str) -> str:
    """Return `column = 'value'` with the value quoted."""
    return f"{column} = {_literal(value)}"


def among(column: str, values: Iterable[str]) -> str:
    """Return `column IN (...)` with the values quoted; there must be some."""
    return f"{column} IN ({', '.join(_literal(value) for value in sorted(set(values)))})"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
