"""Cuts pages into chunks: structure first, then size, with whole sentences of overlap. Pure, page by page.

Memory holds the pages of two chunks however long the document is. What a unit is, is in `units.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pincite.guard import BlockKind, body_text
from pincite.ingest.units import CountTokens, OpenTable, PageLike, Unit, estimate_tokens, open_table, page_units
from pincite.library import Chunk

_KEPT_WHOLE = frozenset({BlockKind.TABLE, BlockKind.LIST, BlockKind.CODE})


@dataclass(frozen=True, slots=True)
class ChunkingSettings:
    """Sizes in tokens.

    Args:
        min_tokens: a chunk this large may end at the end of a paragraph; also half of what a heading ends.
        max_tokens: no chunk is larger, but for a small last one that is joined to it (at most a fifth more).
        overlap: largest share of `max_tokens` that a chunk repeats from the one before, in whole sentences.
    """

    min_tokens: int = 300
    max_tokens: int = 500
    overlap: float = 0.15


@dataclass(frozen=True, slots=True)
class ChunkOwner:
    """Whose chunks they are."""

    revision_id: str
    document_id: str
    collection_id: str


class Chunker:
    """Cuts one revision. Give it the pages in order with `add`, then call `finish`; both return finished chunks.

    Args:
        owner: ids for the chunks.
        settings: sizes.
        count: counts tokens; the estimate by default.
        flowing: whether text runs on from page to page (PDF). Otherwise a page (slide, sheet, section) begins a chunk
            unless the one before is still very small.
    """

    def __init__(
        self,
        owner: ChunkOwner,
        settings: ChunkingSettings,
        *,
        count: CountTokens = estimate_tokens,
        flowing: bool = True,
    ) -> None:
        self._owner = owner
        self._settings = settings
        self._count = count
        self._flowing = flowing
        self._headings: list[tuple[int, str]] = []
        self._texts: dict[int, str] = {}
        self._draft = _Draft()
        self._held: _Draft | None = None
        self._table: OpenTable | None = None
        self._ordinal = 0

    def add(self, page: PageLike) -> list[Chunk]:
        """Take the next page. Returns the chunks that it completed."""
        self._texts[page.number] = body_text(page.text, page.blocks)
        units = page_units(page, self._count, self._settings.max_tokens, self._table)
        self._table = open_table(page, self._table)
        chunks: list[Chunk] = []
        if units and not self._flowing and self._draft.tokens * 4 >= self._settings.min_tokens:
            chunks += self._close(overlap=False)
        for unit, rest in zip(units, _rests_of_blocks(units), strict=True):
            chunks += self._place(unit, rest)
        self._forget_texts(page.number)
        return chunks

    def finish(self) -> list[Chunk]:
        """Return the remaining chunks."""
        last, held = self._draft, self._held
        self._draft, self._held = _Draft(), None
        drafts = [draft for draft in (held, last) if draft is not None and draft.has_news]
        if len(drafts) == 2 and self._is_small_rest(drafts[0], drafts[1]):
            drafts = [drafts[0].joined(drafts[1])]
        return [self._chunk(draft) for draft in drafts]

    def _place(self, unit: Unit, block_tokens: int) -> Iterator[Chunk]:
        settings, draft = self._settings, self._draft
        if unit.kind is BlockKind.HEADING:
            if draft.has_news and not draft.ends_with_heading and draft.tokens * 2 >= settings.min_tokens:
                yield from self._close(overlap=False)
            self._enter(unit)
        elif draft.has_news:
            starts_block = not draft.in_block(unit)
            full = draft.tokens + unit.tokens > settings.max_tokens
            whole = unit.kind in _KEPT_WHOLE and starts_block and block_tokens <= settings.max_tokens
            moved = (
                whole and draft.tokens + block_tokens > settings.max_tokens and draft.tokens * 4 >= settings.min_tokens
            )
            ripe = (
                starts_block
                and draft.tokens >= settings.min_tokens
                and (draft.tokens + block_tokens > settings.max_tokens)
            )
            if full or moved or ripe:
                yield from self._close(overlap=unit.kind is BlockKind.PARAGRAPH)
        self._make_room(unit)
        self._draft.append(unit, tuple(title for _, title in self._headings))

    def _make_room(self, unit: Unit) -> None:
        """Give up overlap or carried headings' neighbours that would make the chunk too large."""
        while self._draft.repeated and self._draft.tokens + unit.tokens > self._settings.max_tokens:
            self._draft.drop_first()

    def _enter(self, unit: Unit) -> None:
        while self._headings and self._headings[-1][0] >= unit.level:
            self._headings.pop()
        self._headings.append((unit.level, unit.title))

    def _close(self, *, overlap: bool) -> Iterator[Chunk]:
        """End the draft and begin the next: with headings that ended the old one, else with its last sentences."""
        closing = self._draft
        carried = closing.take_trailing_headings()
        if not closing.has_news:
            self._draft = carried
            return
        if carried.units:
            self._draft = carried
        else:
            limit = int(self._settings.overlap * self._settings.max_tokens) if overlap else 0
            self._draft = closing.tail(limit)
        if self._held is not None:
            yield self._chunk(self._held)
        self._held = closing

    def _is_small_rest(self, before: "_Draft", rest: "_Draft") -> bool:
        news = rest.tokens - rest.repeated_tokens
        small = news * 4 < self._settings.min_tokens
        return small and (before.tokens + news) * 5 <= self._settings.max_tokens * 6

    def _chunk(self, draft: "_Draft") -> Chunk:
        first, last = draft.units[0], draft.units[-1]
        chunk = Chunk(
            id=f"{self._owner.revision_id}-{self._ordinal:06d}",
            revision_id=self._owner.revision_id,
            document_id=self._owner.document_id,
            collection_id=self._owner.collection_id,
            ordinal=self._ordinal,
            text=self._text(first.page, first.start, last.page, last.end),
            heading_path=draft.path,
            page=first.page,
            start=first.start,
            end_page=last.page,
            end=last.end,
        )
        self._ordinal += 1
        return chunk

    def _text(self, page: int, start: int, end_page: int, end: int) -> str:
        if page == end_page:
            return self._texts[page][start:end]
        between = [text for number, text in sorted(self._texts.items()) if page < number < end_page]
        return "\n".join([self._texts[page][start:], *between, self._texts[end_page][:end]])

    def _forget_texts(self, current: int) -> None:
        needed = [draft.units[0].page for draft in (self._held, self._draft) if draft is not None and draft.units]
        oldest = min(needed, default=current)
        for number in [number for number in self._texts if number < oldest]:
            del self._texts[number]


class _Draft:
    """A chunk in the making: its units, of which the first `repeated` are also in the one before."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.tokens = 0
        self.repeated = 0
        self.path: tuple[str, ...] = ()

    @property
    def has_news(self) -> bool:
        return len(self.units) > self.repeated

    @property
    def ends_with_heading(self) -> bool:
        return bool(self.units) and self.units[-1].kind is BlockKind.HEADING

    @property
    def repeated_tokens(self) -> int:
        return sum(unit.tokens for unit in self.units[: self.repeated])

    def in_block(self, unit: Unit) -> bool:
        last = self.units[-1]
        return last.page == unit.page and last.block == unit.block

    def append(self, unit: Unit, path: tuple[str, ...]) -> None:
        if all(known.kind is BlockKind.HEADING for known in self.units[self.repeated :]):
            self.path = (*path, unit.header) if unit.header else path
        self.units.append(unit)
        self.tokens += unit.tokens

    def drop_first(self) -> None:
        self.tokens -= self.units.pop(0).tokens
        self.repeated -= 1

    def take_trailing_headings(self) -> "_Draft":
        """Remove headings at the end: they belong to what follows."""
        carried = _Draft()
        while len(self.units) > self.repeated and self.ends_with_heading:
            unit = self.units.pop()
            self.tokens -= unit.tokens
            carried.units.insert(0, unit)
            carried.tokens += unit.tokens
        return carried

    def tail(self, limit: int) -> "_Draft":
        """Return a draft that repeats the last sentences, as many as fit `limit` tokens; new ones only, no heading."""
        repeated = _Draft()
        for unit in reversed(self.units[self.repeated + 1 :]):
            if unit.kind is not BlockKind.PARAGRAPH or repeated.tokens + unit.tokens > limit:
                break
            repeated.units.insert(0, unit)
            repeated.tokens += unit.tokens
        repeated.repeated = len(repeated.units)
        return repeated

    def joined(self, rest: "_Draft") -> "_Draft":
        whole = _Draft()
        whole.units = self.units + rest.units[rest.repeated :]
        whole.tokens = sum(unit.tokens for unit in whole.units)
        whole.repeated, whole.path = self.repeated, self.path
        return whole


def _rests_of_blocks(units: list[Unit]) -> list[int]:
    """Return, for each unit, the tokens from it to the end of its block."""
    rests: list[int] = []
    for index in range(len(units) - 1, -1, -1):
        goes_on = index + 1 < len(units) and units[index + 1].block == units[index].block
        rests.append(units[index].tokens + (rests[-1] if goes_on else 0))
    return rests[::-1]
