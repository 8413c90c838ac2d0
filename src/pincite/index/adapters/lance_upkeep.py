"""Upkeep of a Lance table: indexes made once, waiting rows folded in as delta segments, small files merged.

Never a full optimise: at a million rows that takes minutes, a delta segment takes half a second.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportUnknownLambdaType=false
# (pyarrow and parts of lancedb come without types)

import asyncio
from datetime import timedelta
from typing import Any

from pincite.core import get_logger
from pincite.index.adapters.lance_engine import FTS, Bitmap, BTree, IvfRq
from pincite.index.adapters.lance_schema import BODY, VECTOR, cuts_words
from pincite.index.domain import Generation
from pincite.index.settings import IndexSettings

_TEXT_INDEX = f"{BODY}_idx"
_VECTOR_INDEX = f"{VECTOR}_idx"
_KEY_INDEX = "chunk_id_idx"
_SMALL_FRAGMENTS, _FEW_FRAGMENTS = 16, 4
_SMALL_TABLE_ROWS, _FEW_ROWS = 5_000, 12
_REWRITES, _AGAIN_S = 10, 0.5
_log = get_logger(__name__)


def _of_words(generation: Generation) -> FTS:
    """Return how words are found. Positions would double the index for phrases that nobody can ask for yet."""
    if cuts_words(generation):
        # Stop words stay: "to whom it may concern" has nothing else.
        return FTS(with_position=False, language="English", stem=True, remove_stop_words=False, max_token_length=64)
    return FTS(
        with_position=False,
        base_tokenizer="whitespace",
        stem=False,
        lower_case=False,
        ascii_folding=False,
        remove_stop_words=False,
        max_token_length=None,
    )


def _wanted(generation: Generation) -> dict[str, Any]:
    return {
        BODY: _of_words(generation),
        "document_id": BTree(),
        "revision_id": BTree(),
        "collection_id": Bitmap(),
    }


async def create_indexes(table: Any, generation: Generation) -> None:
    """Give a table its text and scalar indexes unless it has them. Safe when two processes do it at once."""
    present = {index.name for index in await table.list_indices()}
    if _KEY_INDEX in present:  # of earlier versions; it would be kept up for nobody, and holds what was erased
        await _unless_lost(table.drop_index(_KEY_INDEX), "index of keys")
    for column, config in _wanted(generation).items():
        if f"{column}_idx" not in present:
            await _unless_lost(table.create_index(column, config=config, replace=False), f"index {column}")


async def upkeep(table: Any, generation: Generation, settings: IndexSettings) -> None:
    """Fold rows that wait outside the indexes in, and now and then merge segments, files and versions."""
    await table.checkout_latest()
    await create_indexes(table, generation)
    text = await table.index_stats(_TEXT_INDEX)
    if text is None:
        return
    rows = text.num_indexed_rows + text.num_unindexed_rows
    if text.num_unindexed_rows >= _may_wait(rows, settings):
        merged = _segments_to_merge(text.num_indices, rows, settings)
        await _on_dataset(table, lambda data: data.optimize.optimize_indices(num_indices_to_merge=merged))
        await _tidy(table, rows, settings)
    await _vector_index(table, settings)


async def rewrite(table: Any, generation: Generation) -> None:
    """Write the files of deleted rows and all indexes anew: an index keeps the words of rows that are gone.

    Raises: RuntimeError, where upkeep in other processes came first again and again.
    """
    for _ in range(_REWRITES):
        if await _rewritten(table, generation):
            return
        await asyncio.sleep(_AGAIN_S)
    raise RuntimeError("conflict: other processes changed the index all the time")


async def _rewritten(table: Any, generation: Generation) -> bool:
    await table.checkout_latest()
    await create_indexes(table, generation)
    has_vectors = _VECTOR_INDEX in {index.name for index in await table.list_indices()}
    if not await _on_dataset(
        table,
        lambda data: data.optimize.compact_files(
            materialize_deletions=True, materialize_deletions_threshold=0.0, num_threads=1
        ),
    ):
        return False
    indexes = _wanted(generation) | ({VECTOR: _of_vectors()} if has_vectors else {})
    for column, config in indexes.items():
        if not await _unless_lost(table.create_index(column, config=config, replace=True), f"index {column}"):
            return False
    return True


async def drop_versions(table: Any) -> None:
    """Delete the files of all versions but the newest."""
    await table.checkout_latest()
    await _on_dataset(table, lambda data: data.cleanup_old_versions(timedelta(0), error_if_tagged_old_versions=False))


def _may_wait(rows: int, settings: IndexSettings) -> int:
    """How many rows may wait outside the indexes: each search reads them through, which a small table feels as well."""
    return min(settings.delta_min_rows, max(_FEW_ROWS, rows // 10))


def _segments_to_merge(segments: int, rows: int, settings: IndexSettings) -> int:
    """How many of the newest segments to merge with the waiting rows: 0 makes one more segment."""
    if rows <= settings.merge_all_max_rows:
        return segments if segments >= settings.max_segments else 0
    # The first segment of a large table is left alone: rewriting it is the full optimise that nobody may wait for.
    return segments - 1 if segments >= 2 * settings.max_segments else 0


async def _vector_index(table: Any, settings: IndexSettings) -> None:
    """Build the vector index once the table has outgrown exact search; later rows come in as delta segments."""
    names = {index.name for index in await table.list_indices()}
    if _VECTOR_INDEX in names or await table.count_rows() < settings.vector_index_min_rows:
        return
    await _unless_lost(table.create_index(VECTOR, config=_of_vectors(), replace=False), "vector index")


def _of_vectors() -> IvfRq:
    return IvfRq(distance_type="cosine", num_bits=6)


async def _tidy(table: Any, rows: int, settings: IndexSettings) -> None:
    """Merge small files when many have piled up and drop versions that nobody reads any more.

    Ten files make a search of a small table twice as long, and to merge them takes 30 ms.
    """
    stats = await table.stats()
    many = _FEW_FRAGMENTS if rows <= _SMALL_TABLE_ROWS else _SMALL_FRAGMENTS
    if stats["fragment_stats"]["num_small_fragments"] >= many:
        await _on_dataset(table, lambda data: data.optimize.compact_files(num_threads=1))
    age = timedelta(seconds=settings.keep_versions_s)
    await _on_dataset(table, lambda data: data.cleanup_old_versions(age, error_if_tagged_old_versions=False))


async def _on_dataset(table: Any, work: Any) -> bool:
    dataset = await table.to_lance()

    async def run() -> None:
        await asyncio.to_thread(work, dataset)

    done = await _unless_lost(run(), "upkeep")
    await table.checkout_latest()
    return done


async def _unless_lost(work: Any, what: str) -> bool:
    """Run it; False when another process committed the same kind of change first, and ours is not needed."""
    try:
        await work
    except (RuntimeError, OSError, ValueError) as error:
        said = str(error).lower()
        if not any(lost in said for lost in ("conflict", "already exists", "index not found", "does not exist")):
            raise
        _log.info("upkeep_lost_race", what=what, error=str(error)[:200])
        return False
    return True
