"""The provider's cache of prompts: what it read lately need not be read again, as far as two requests begin alike.

OpenAI keeps what is long enough by itself, in steps; Anthropic keeps what is marked. Hashes are kept, and no text.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pincite.app.simulation.domain import Asked, Wire
from pincite.app.simulation.texts import TOKEN_CHARS, strings_of, tokens_of

MOST = 10_000
LEAST_TOKENS = 1_024
"""A shorter beginning is not kept."""
STEP_TOKENS = 128
_LOOKED_BACK = 20


@dataclass(frozen=True, slots=True)
class Prompt:
    """Of a request's tokens, how many were read from the cache, and how many were put into it."""

    read: int = 0
    kept: int = 0


class Prompts:
    """The beginnings of requests that were read.

    Args:
        most: how many are remembered; those that were used longest ago go first.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[str, None] = OrderedDict()

    def look(self, asked: Asked) -> Prompt:
        """Return what of a request is known, and remember it."""
        family = f"{asked.wire} {asked.model} {asked.key}"
        found = self._by_itself(family, asked) if asked.wire is Wire.OPENAI else self._marked(family, asked)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return found

    def _by_itself(self, family: str, asked: Asked) -> Prompt:
        text = "".join(strings_of([asked.body.get("tools"), asked.body.get("messages")]))
        ends = range(LEAST_TOKENS, tokens_of(len(text)) + 1, STEP_TOKENS)
        digests = [(end, _digest(family, text[: end * TOKEN_CHARS])) for end in ends]
        read = max((end for end, digest in digests if digest in self._known), default=0)
        self._remember(digest for _, digest in digests)
        return Prompt(read=read)

    def _marked(self, family: str, asked: Asked) -> Prompt:
        text, blocks, marks = "", list[tuple[int, str]](), list[int]()
        for number, (said, is_marked) in enumerate(_blocks(asked.body)):
            text += said
            blocks.append((tokens_of(len(text)), _digest(family, text)))
            if is_marked:
                marks.append(number)
        if asked.body.get("cache_control") and blocks:
            marks.append(len(blocks) - 1)
        marks = [each for each in marks if blocks[each][0] >= LEAST_TOKENS]
        near = {place for mark in marks for place in range(max(0, mark - _LOOKED_BACK), mark + 1)}
        read = max((blocks[place][0] for place in near if blocks[place][1] in self._known), default=0)
        self._remember(blocks[mark][1] for mark in marks)
        end = blocks[marks[-1]][0] if marks else 0
        return Prompt(read=read, kept=max(0, end - read))

    def _remember(self, digests: Iterator[str]) -> None:
        for digest in digests:
            self._known[digest] = None
            self._known.move_to_end(digest)


def _blocks(body: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield what Anthropic reads, in its order: the text of each block, and whether it is marked."""
    for part in (*_listed(body.get("tools")), *_listed(body.get("system"))):
        yield "".join(strings_of(part)), _is_marked(part)
    for message in _listed(body.get("messages")):
        content = cast("dict[str, Any]", message).get("content") if isinstance(message, dict) else message
        for part in _listed(content):
            yield "".join(strings_of(part)), _is_marked(part)


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]


def _is_marked(part: Any) -> bool:
    return isinstance(part, dict) and bool(cast("dict[str, Any]", part).get("cache_control"))


def _digest(family: str, text: str) -> str:
    return hashlib.sha256(f"{family}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
