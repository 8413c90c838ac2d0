"""What the provider says by itself, how texts and images are counted, and what vectors it makes of them. Pure.

A token is four characters, and a text at least one: near enough to what models count, and anybody can check it. An
image is `IMAGE_TOKENS` whatever its size, or `LOW_IMAGE_TOKENS` where its `detail` is low.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any, cast

_MARK = re.compile(r"^<<[0-9a-f]{16}>> ", re.MULTILINE)
_NUMBERED = re.compile(r"\[(\d+)\]( .*)?$")
_SENTENCE = re.compile(r"[A-Z][^.!?|]{25,300}[.!?](?=\s)")
ABSTAINED = "The documents do not say."
TOKEN_CHARS = 4
IMAGE_TOKENS, LOW_IMAGE_TOKENS = 765, 85
"""What OpenAI charges for a square image by tiles, and for any at the lowest detail."""
_ECHO_CHARS = 500


def sensible_reply(messages: list[Any]) -> str:
    """Answer what Pincite asks models in its fenced prompts, by what is fenced; anything else is repeated.

    Passages are answered from: one sentence each of the two best, marked. Passages without a name are ranked as they
    stand, a claim is supported, a question stays as it is, and of where a passage stands its document is named.
    """
    text = "".join(texts_of(messages[-1].get("content")))
    blocks = [(heading, body) for heading, _, body in (each.partition("\n") for each in _MARK.split(text)[1:])]
    numbered = [(found, body) for heading, body in blocks if (found := _NUMBERED.match(heading))]
    named = dict(blocks)
    if not blocks:
        return text.strip()[:_ECHO_CHARS] or ABSTAINED
    if numbered and not any(found[2] for found, _ in numbered):
        return ", ".join(found[1] for found, _ in numbered)
    if "claim" in named:
        return "supported"
    if "question" in named:
        return named["question"].strip()[:_ECHO_CHARS] or ABSTAINED
    if "the passage" in named:
        return f"This passage is from {' '.join(named.get('document', 'a document').split())}."
    return _cited([(int(found[1]), body) for found, body in numbered])


def _cited(passages: list[tuple[int, str]]) -> str:
    parts: list[str] = []
    for number, body in sorted(passages):
        found = _SENTENCE.search(" ".join(body.split()) + " ")
        if found:
            parts.append(f"{found[0].rstrip('.')} [{number}].")
    return " ".join(parts[:2]) or ABSTAINED


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
    """Return how many characters all strings within a JSON value have; an image has those of its tokens."""
    left, length = [value], 0
    while left:
        each = left.pop()
        if isinstance(each, str):
            length += len(each)
        elif isinstance(each, list):
            left.extend(cast("list[Any]", each))
        elif isinstance(each, dict):
            part = cast("dict[str, Any]", each)
            image = _image(part)
            length += 0 if image is None else _chars_of(image)
            left.extend(part.values() if image is None else ())
    return length


def strings_of(value: Any) -> Iterator[str]:
    """Yield all strings within a JSON value in their order, but for marks of a cache; of an image, what stands for it.

    That is its digest, as often as it takes to have the characters of its tokens.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from strings_of(each)
    elif isinstance(value, dict):
        part = cast("dict[str, Any]", value)
        image = _image(part)
        if image is not None:
            chars = _chars_of(image)
            yield (hashlib.sha256(image[0].encode("utf-8", "surrogatepass")).hexdigest() * chars)[:chars]
            return
        for name, each in part.items():
            if name != "cache_control":
                yield from strings_of(each)


def images_of(messages: Any) -> int:
    """Return how many images messages of either protocol hold."""
    left, found = [messages], 0
    while left:
        each = left.pop()
        if isinstance(each, list):
            left.extend(cast("list[Any]", each))
        elif isinstance(each, dict):
            part = cast("dict[str, Any]", each)
            is_one = _image(part) is not None
            found += is_one
            left.extend(() if is_one else part.values())
    return found


def _chars_of(image: tuple[str, Any]) -> int:
    return TOKEN_CHARS * (LOW_IMAGE_TOKENS if image[1] == "low" else IMAGE_TOKENS)


def _image(part: dict[str, Any]) -> tuple[str, Any] | None:
    """Return the data of an image, and at which detail, where a part of a message is one in either protocol's words."""
    held = part.get("image_url" if part.get("type") == "image_url" else "source")
    if part.get("type") not in {"image_url", "image"} or not isinstance(held, dict):
        return None
    image = cast("dict[str, Any]", held)
    data = image.get("url", image.get("data"))
    return (data, image.get("detail")) if isinstance(data, str) else None


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
