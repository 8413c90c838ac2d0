"""Text that a document holds and nobody sees on it: kept out of what is searched and shown to models, and told of.

It stays in a page's text, where offsets count, under blocks of their own kind; what finds it is in `adapters/`. Pure.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pincite.guard.domain import Block, BlockKind, PageText

NOT_DRAWN = "that are not drawn"
SAME_COLOUR = "in the colour of what is behind them"
TINY = "smaller than a point"
OFF_PAGE = "off the page"
STYLED = "that its style hides"
_EXCERPT = 80


@dataclass(frozen=True, slots=True)
class Hidden:
    """Characters [start, end) of a page that nobody sees, and why not."""

    start: int
    end: int
    why: str


def warned(page: PageText, *sentences: str) -> PageText:
    """Return a page that warns of more."""
    warning = " ".join(filter(None, (page.warning, *sentences)))
    return page if warning == page.warning else replace(page, warning=warning)


def told(texts: Sequence[tuple[str, str]]) -> str:
    """Say what was hidden, as (text, why), in one sentence; "" where nothing was."""
    counts: Counter[str] = Counter()
    for text, why in texts:
        counts[why] += len(text)
    if not counts:
        return ""
    said = " and ".join(
        f"{count:,} {'character' if count == 1 else 'characters'} {why}" for why, count in counts.items()
    )
    longest = " ".join(max((text for text, _ in texts), key=len).split())
    cut = f"{longest[:_EXCERPT]}…" if len(longest) > _EXCERPT else longest
    return f'Hidden text was left out: {said}, as "{cut}".'


def left_out(page: PageText, hidden: Sequence[Hidden]) -> PageText:
    """Return a page whose hidden text is under blocks of its own, with a warning."""
    if not hidden:
        return page
    blocks = tuple(_carved(page.text, page.blocks, sorted(hidden, key=lambda each: each.start)))
    return warned(replace(page, blocks=blocks), told([(page.text[each.start : each.end], each.why) for each in hidden]))


def _carved(text: str, blocks: Sequence[Block], hidden: Sequence[Hidden]) -> Iterator[Block]:
    """Yield the blocks in order, cut where hidden text lies in them."""
    waiting = list(reversed(hidden))
    for block in blocks:
        at = block.start
        while waiting and waiting[-1].start < block.end:
            each = waiting.pop()
            if each.start > at:
                yield from _part(text, block, at, each.start)
            yield Block(BlockKind.HIDDEN, each.start, each.end)
            at = max(at, each.end)
        if at == block.start:
            yield block
        elif at < block.end:
            yield from _part(text, block, at, block.end)
    for each in reversed(waiting):
        yield Block(BlockKind.HIDDEN, each.start, each.end)


def _part(text: str, block: Block, start: int, end: int) -> Iterator[Block]:
    body = text[start:end]
    if body.strip():
        start += len(body) - len(body.lstrip())
        yield replace(block, start=start, end=start + len(body.strip()), table=None)
