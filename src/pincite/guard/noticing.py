"""What owners are told of a page's text in any format: messages in letters nobody sees, and orders to a model. Pure.

Both are warnings alone. Unseen letters never reach a model (`core/fence.py`), and orders are harmless by construction.
"""

from pincite.core.instructions import ordering
from pincite.core.unseen import smuggled
from pincite.guard.domain import BlockKind, PageText
from pincite.guard.hidden import warned

_EXCERPT = 80


def noticed(page: PageText) -> PageText:
    """Return a page that warns of what its text holds."""
    runs = list(smuggled(page.text))
    seen = "".join(said for _, _, said in runs)
    sentences: list[str] = []
    if runs:
        count = sum(end - start for start, end, _ in runs)
        said = f', which say "{_short(seen)}"' if seen else ""
        sentences.append(f"The text holds {count:,} characters that nobody sees{said}.")
    hidden = "\n".join(page.text[each.start : each.end] for each in page.blocks if each.kind is BlockKind.HIDDEN)
    order = ordering(hidden) or ordering(seen) or ordering(page.text)
    if order:
        sentences.append(f'The text reads like orders to an AI model, as "{_short(order)}".')
    return warned(page, *sentences)


def _short(text: str) -> str:
    return f"{text[:_EXCERPT]}…" if len(text) > _EXCERPT else text
