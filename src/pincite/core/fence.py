"""Text that strangers wrote, made ready for a model: fenced, named by its source, and without what imitates a prompt.

Only the model's copy changes; what is stored, searched, quoted and pinned stays as it was. What characters nobody sees
are is in `unseen.py`. A fence helps a model to tell data from rules; nothing here relies on the model doing so.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

from pincite.core.unseen import without_unseen

_MAX_HEADING = 1_500
_SPACE = re.compile(r"\s+")
# What chat formats set turns and rules apart with, as their tokenizers spell it; a blank within makes it plain text.
_OPENED, _CLOSED = re.compile(r"<(?=[|｜])"), re.compile(r"(?<=[|｜])>")
_BRACKETED = re.compile(
    r"\[(?=/?(?:INST|SYS|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|PREFIX|SUFFIX)\])", re.IGNORECASE
)
_TAGS = re.compile(
    r"<(?=/?(?:s|bos|eos|system|assistant|user|human|developer|instructions?|prompt|think|thinking|tool_calls?|"
    r"tool_results?|function_calls?|function_results?|invoke|start_of_turn|end_of_turn|unused\d+)\b[^<>\n]{0,200}>)",
    re.IGNORECASE,
)
_FENCES = re.compile(r"<(?=<+ ?/?(?:[0-9a-f]{6,64}|SYS)\b)", re.IGNORECASE)
# A line that begins as a turn of a transcript does, or as the headings of instruction formats.
_TURNS = re.compile(
    r"^(?=[ \t]*(?:[#*_]{1,6}[ \t]*)?(?:system|assistant|user|human|developer|ai|tool|instructions?|response)"
    r"(?: (?:prompt|message|instructions?))?[*_]{0,3}[ \t]*[:：])",
    re.IGNORECASE | re.MULTILINE,
)
_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def for_model(text: str) -> str:
    """Return text as a model is shown it: no character that nobody sees, nothing that is of a chat format.

    Words, figures and their order stay, so that a sentence copied from it is found on the page again. What is done
    twice changes nothing more.
    """
    text = _LINE_ENDS.sub("\n", without_unseen(text))
    for marks, instead in ((_OPENED, "< "), (_CLOSED, " >"), (_BRACKETED, "[ "), (_TAGS, "< "), (_FENCES, "< ")):
        text = marks.sub(instead, text)
    return _TURNS.sub("> ", text)


def heading_for_model(text: str) -> str:
    """Return a name or a heading on one line and of bounded length, as a model is shown it."""
    return for_model(_SPACE.sub(" ", text).strip()[:_MAX_HEADING])


class Fence:
    """The lines that set data apart in one request. What they begin with no document knows.

    It is random, or made with a key of the very data that it fences, so that the same request is the same text again:
    who learned it could not put it into that data without its being another.

    Args:
        key: a secret; None for a random fence.
        about: what is fenced.
    """

    def __init__(self, key: bytes | None = None, about: Iterable[str] = ()) -> None:
        self.token = secrets.token_hex(8) if key is None else _keyed(key, about)
        self.mark = f"<<{self.token}>>"

    def line(self, said: str) -> str:
        """Return a line of the fence."""
        return f"{self.mark} {heading_for_model(said)}"

    def block(self, said: str, text: str) -> str:
        """Return data under a line that says what it is, without anything that could end it or begin another."""
        return f"{self.line(said)}\n{for_model(text.replace(self.token, ''))}"


def _keyed(key: bytes, about: Iterable[str]) -> str:
    made = hmac.new(key, digestmod=hashlib.sha256)
    for text in about:
        data = text.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()[:16]
