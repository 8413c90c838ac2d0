"""Settings of the search engine: thresholds, caches and timeouts.

They are values; where they come from is decided in `app`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """How the engine behaves.

    Args:
        read_consistency_s: how old another process's commit may be before this one sees it, in a bucket, where to look
            costs a request; in a folder it sees each at once.
        readers_leave_s: how long searches in other processes may still read files that others took the place of.
        cache_bytes: memory for index pages (posting lists, quantised vectors) in this process.
        metadata_bytes: memory for what tables and files say of themselves; the engine's own default is a gigabyte.
        vector_index_min_rows: below this many rows the vector search is exact and no vector index is built.
        exact_search_max_rows: a filter that matches at most this many rows bypasses the vector index, which would
            lose recall there.
        delta_min_rows: rows that may wait outside the indexes before `maintain` folds them in; of a small table a
            tenth.
        max_segments: index segments that may pile up before `maintain` merges them; each costs a search half a
            millisecond.
        merge_all_max_rows: up to this many rows all segments are merged (a second at 100k); above, the first one,
            which is the largest, is left alone and twice as many may pile up.
        keep_versions_s: how long an old table version stays readable.
        query_timeout_s: a search that takes longer fails as `Unavailable`.
        write_timeout_s: a write that takes longer fails as `Unavailable`.
    """

    read_consistency_s: float = 1.0
    readers_leave_s: float = 2.0
    cache_bytes: int = 128 << 20
    metadata_bytes: int = 32 << 20
    vector_index_min_rows: int = 20_000
    exact_search_max_rows: int = 10_000
    delta_min_rows: int = 500
    max_segments: int = 3
    merge_all_max_rows: int = 200_000
    keep_versions_s: float = 3600.0
    query_timeout_s: float = 10.0
    write_timeout_s: float = 120.0

    def settles_s(self, uri: str) -> float:
        """Return how long after a commit to an index at `uri` searches in other processes may not see it."""
        return self.read_consistency_s if in_bucket(uri) else 0.0


def in_bucket(uri: str) -> bool:
    """Whether a place is a bucket's and not a folder."""
    return "://" in uri.removeprefix("file://")
