"""What the provider says by itself, how texts are counted and cut, and what vectors it makes of them. Pure.

A token is four characters, and a text at least one: near enough to what models count, and anybody can check it.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

_BLOCK = re.compile(r"<<[0-9a-f]{16}>> \[(\d+)\] [^\n]*\n(.*?)(?=\n<<[0-9a-f]{16}>>)", re.DOTALL)
_SENTENCE = re.compile(r"[A-Z][^.!?|]{25,300}[.!?](?=\s)")
TOKEN_CHARS = 4


def sensible_reply(messages: list[Any]) -> str:
    """Answer from the fenced passages of the last message: one sentence each of the two best, marked."""
    text = "".join(texts_of(messages[-1].get("content")))
    parts: list[str] = []
    for number, body in sorted(_BLOCK.findall(text), key=lambda found: int(found[0])):
        flat = " ".join(body.split()) + " "
        found = _SENTENCE.search(flat)
        if found:
            parts.append(f"{found[0].rstrip('.')} [{number}].")
        if len(parts) == 2:
            break
    return " ".join(parts) or "The documents do not say."


def texts_of(content: Any) -> Iterator[str]:
    """Return the texts of a message's content: a string, or parts of which some hold a text."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in cast("list[Any]", content):
            if isinstance(part, dict) and isinstance(text := cast("dict[str, Any]", part).get("text"), str):
                yield text


def tokens_of(length: int) -> int:
    """Return how many tokens so many characters are."""
    return max(1, length // TOKEN_CHARS) if length else 0


def length_of(value: Any) -> int:
    """Return how many characters all strings within a JSON value have."""
    left, length = [value], 0
    while left:
        each = left.pop()
        if isinstance(each, str):
            length += len(each)
        elif isinstance(each, list):
            left.extend(cast("list[Any]", each))
        elif isinstance(each, dict):
            left.extend(cast("dict[str, Any]", each).values())
    return length


def pieces(text: str, most_chars: int, block_chars: int = 0) -> list[str]:
    """Cut a reply into the small pieces that providers send, or into blocks."""
    if block_chars:
        return [text[at : at + block_chars] for at in range(0, len(text), block_chars)]
    return re.findall(rf"\S{{1,{most_chars}}}|\s+", text)


def vector_of(text: str, dimensions: int = 8) -> list[float]:
    """Return numbers that texts share as far as they share letters; not of unit length."""
    counts = [0.0] * dimensions
    for letter in text.lower():
        counts[ord(letter) % dimensions] += 1.0
    return counts
