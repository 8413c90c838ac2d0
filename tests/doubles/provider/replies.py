"""What the double says when nobody tells it otherwise: the first sentences of the passages, with their markers."""

import re
from typing import Any

_BLOCK = re.compile(r"<<[0-9a-f]{16}>> \[(\d+)\] [^\n]*\n(.*?)(?=\n<<[0-9a-f]{16}>>)", re.DOTALL)
_SENTENCE = re.compile(r"[A-Z][^.!?|]{25,300}[.!?](?=\s)")


def sensible_reply(messages: list[dict[str, Any]]) -> str:
    """Answer from the fenced passages of the last message: one sentence each of the two best, marked."""
    text = _text(messages[-1]["content"])
    parts: list[str] = []
    for number, body in sorted(_BLOCK.findall(text), key=lambda found: int(found[0])):
        flat = " ".join(body.split()) + " "
        found = _SENTENCE.search(flat)
        if found:
            parts.append(f"{found[0].rstrip('.')} [{number}].")
        if len(parts) == 2:
            break
    return " ".join(parts) or "The documents do not say."


def pieces(text: str, most_chars: int, block_chars: int = 0) -> list[str]:
    """Cut a reply into the small deltas that providers send, or into blocks."""
    if block_chars:
        return [text[at : at + block_chars] for at in range(0, len(text), block_chars)]
    return re.findall(rf"\S{{1,{most_chars}}}|\s+", text)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def vector_of(text: str) -> list[float]:
    """Return eight numbers that texts share as far as they share letters; not of unit length."""
    counts = [0.0] * 8
    for letter in text.lower():
        counts[ord(letter) % 8] += 1.0
    return counts
