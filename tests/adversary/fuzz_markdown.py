"""What of fuzzing concerns Markdown documents: pages with true offsets, nothing but text in them, and no word lost.

What the web app makes of an answer's Markdown is fuzzed with its own tests, in `web/`.
"""

import io
import re
from collections.abc import Sequence

from hypothesis import strategies as st
from tests.adversary.cases import Target, pieces, stretched

from pincite.guard import FileType, UnreadableDocument
from pincite.guard.adapters import open_document
from pincite.guard.domain import BlockKind, PageText
from pincite.guard.sections import MAX_PAGE_CHARS
from pincite.guard.source import Allowance, ReadLimits, Source

_LIMITS = ReadLimits(20_000, 5_000_000, 64 << 20)
_KINDS = {BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.TABLE, BlockKind.CODE}
_WORD = re.compile(r"w\d+w")


def _pages(data: bytes) -> list[PageText]:
    source = Source(io.BytesIO(data), len(data), _LIMITS, Allowance(64 << 20))
    return list(open_document(FileType.MARKDOWN, source).pages)


def _document(data: bytes) -> None:
    try:
        pages = _pages(data)
    except UnreadableDocument:
        return
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        page.text.encode()
        page.label.encode()
        assert "\0" not in page.text
        assert 0 < len(page.text) <= 2 * MAX_PAGE_CHARS
        assert len(page.label.splitlines()) == 1
        _blocks(page)


def _blocks(page: PageText) -> None:
    """The blocks lie over the text in order, hold all of it but white space, and are of the kinds that there are."""
    end = 0
    for block in page.blocks:
        assert end <= block.start < block.end <= len(page.text)
        assert block.kind in _KINDS
        assert (1 <= block.level <= 6) if block.kind is BlockKind.HEADING else block.level == 0
        assert not page.text[end : block.start].strip()
        assert page.text[block.start : block.end].strip()
        end = block.end
    assert not page.text[end:].strip()


_MARKDOWN = stretched(
    pieces(
        "# ", "## ", "- ", "* ", "1. ", "99999999999. ", "> ", "    ", "\t", "```", "~~~", "`", "**", "_", "~~",
        "[a](", "[a]: ",
        "![b](", "javascript:alert(1)", "data:text/html,x", "http://a.example/", "<http://b.example>", ")", "]",
        "[", "|",
        "|---|", "|:-:|\n", "---\n", "===\n", "\n", "\n\n", "\r\n", "\r", "\\", "<b>", "</b>", "<!--", "-->",
        "<br>", "<script>",
        "<div style='display:none'>", "</div>", "<table><tr><td>", "<![CDATA[", "&amp;", "&#0;", "&#xD800;",
        "&nbsp;", "word", "  \n",
        "\u202e", "\u2028", "\ufeff", "e\u0301", "a: b\n---\n", most=24,
    )
).map(lambda text: text.encode("utf-8", "surrogatepass"))  # fmt: skip
_ENCODED = st.tuples(
    _MARKDOWN, st.sampled_from((b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\x1b$B"))
)


def _survival(text: str) -> None:
    """Every word comes once, in the order of the document, whatever marks stand around it."""
    told = " ".join(page.text for page in _pages(text.encode()))
    assert _WORD.findall(told) == _WORD.findall(text)


# Lines as people write them; "w" stands for a word. What Markdown itself hides (links' targets, comments, the words
# behind a fence) is not among them.
_LINES = (
    "w w", "# w", "### w w #", "- w", "  - w w", "    - w", "* **w** w", "1. w", "7) w", "> w", "> > w",
    "> - w", "**w** *w* _w_",
    "`w` w", "``w ` w``", "~~w~~ w", "w  ", "w\\", "\\*w\\*", "w & w", "w < w > w", "**w", "`w", "*w **w*",
    "w | w", "    w", "\tw",
    "![w](x) w", "[w](x) w", "[w", "w]", "<b>w</b> w", "w<br>w", "<div>w</div>", "<p>w<p>w", "&amp;w",
    "w&nbsp;w", "[^1] w", "- [ ] w",
    "w\n===", "w\n---", "```\nw w\n```", "~~~\nw\n~~~", "| w | w |\n|---|---|\n| w | **w** |",
    "w | w\n:-- | --:\nw | w", "", "", "",
    "***", "---", "\u200bw", "w\u0301", "\u202ew", "**w**w", "w_w_w", "* * w", "+ w", "#w", "#######w",
    "http://w.example/w",
)  # fmt: skip


def _numbered(lines: Sequence[str]) -> str:
    numbers = iter(range(10**6))
    return re.sub(r"w", lambda _: f"w{next(numbers)}w", "\n".join(lines))


_WRITTEN = st.lists(st.sampled_from(_LINES), max_size=14).map(_numbered)


TARGETS: dict[str, Target] = {
    "Markdown documents": Target(_ENCODED.map(lambda each: each[1] + each[0]), _document),
    "words of Markdown": Target(_WRITTEN, _survival),
}
