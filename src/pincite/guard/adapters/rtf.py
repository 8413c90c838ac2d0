"""RTF: text with its headings, lists and tables. Runs in the child only.

Source of the rules: Rich Text Format Specification 1.9.1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pincite.guard.adapters.charsets import codec_of_page
from pincite.guard.adapters.text import clean
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element, cut_sections, row_text, squeeze
from pincite.guard.source import Opened, Source

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z\r\n])|([{}])|\\?[\r\n]+|([^\\{}\r\n]+)"
)
_UNSEEN_WORDS = """
fonttbl colortbl info pict object header headerl headerr headerf footer footerl footerr footerf ftnsep
ftnsepc aftnsep aftnsepc listtable listoverridetable rsidtbl generator xmlnstbl themedata
colorschememapping datastore latentstyles fldinst bkmkstart bkmkend pntext pntxta pntxtb listtext
nonshppict shpinst template revtbl atnid atnauthor annotation mmathPr wgrffmtfilter datafield sp filetbl
pgptbl
"""
_UNSEEN = frozenset(_UNSEEN_WORDS.split())
_MARKS = {
    "tab": " ", "line": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ", "softline": "\n",
}  # fmt: skip
_SYMBOLS = {"~": "\u00a0", "_": "-", "\\": "\\", "{": "{", "}": "}"}
# The character set of a font, as a code page of Windows; others have the document's own.
_FONT_PAGES = {
    77: 10_000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
    178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}  # fmt: skip
_STYLE_NAME = re.compile(r"heading (\d)", re.IGNORECASE)
_MAX_DEPTH = 500


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits."""

    unseen: bool = False
    in_styles: bool = False
    in_fonts: bool = False
    hidden: bool = False
    in_table: bool = False
    listed: bool = False
    style: int = 0
    level: int = 0
    skip: int = 1
    font: int = -1


def open_source(source: Source) -> Opened:
    """Open an RTF document."""
    return Opened(cut_sections(rtf_elements(source.file.read(source.limits.max_text_chars * 4))))


def rtf_elements(data: bytes) -> Iterator[Element]:
    """Yield the elements of RTF; Outlook's messages may have such a body."""
    return _Reader(data.decode("latin-1")).elements()


class _Reader:
    """Reads tokens; keeps a stack of states, the open paragraph and the open row."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.finditer(text)
        self._state: _State = _State()
        self._stack: list[_State] = []
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._default_font = -1
        self._bytes = bytearray()
        self._text: list[str] = []
        self._cells: list[str] = []
        self._style_name: list[str] = []
        self._levels: dict[int, int] = {}
        self._to_skip = self._group = 0
        self._starred = False
        self._found: list[Element] = []

    def elements(self) -> Iterator[Element]:
        for token in self._tokens:
            word, number, hexed, symbol, brace, plain = token.groups()
            if hexed is None:
                self._decode_bytes()
            if word:
                self._control(word, int(number) if number else None)
            elif hexed:
                self._byte(int(hexed, 16))
            elif brace:
                self._brace(brace)
            elif symbol:
                self._symbol(symbol)
            elif plain:
                self._plain(plain)
            if self._found:
                yield from self._found
                self._found.clear()
        self._end_paragraph()
        yield from self._found

    def _brace(self, brace: str) -> None:
        if brace == "{":
            if len(self._stack) < _MAX_DEPTH:
                self._stack.append(self._state)
        elif self._stack:
            if self._state.in_styles and self._style_name:
                self._end_style()
            self._state = self._stack.pop()
        self._to_skip, self._starred = 0, False

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._starred = True
        elif symbol in _SYMBOLS:
            self._plain(_SYMBOLS[symbol])

    def _byte(self, value: int) -> None:
        if self._to_skip > 0:
            self._to_skip -= 1
        else:
            self._bytes.append(value)

    def _decode_bytes(self) -> None:
        if self._bytes:
            font = self._state.font if self._state.font >= 0 else self._default_font
            text = bytes(self._bytes).decode(self._fonts.get(font, self._codec), "replace")
            self._bytes.clear()
            self._plain(text)

    def _plain(self, text: str) -> None:
        if self._to_skip:
            dropped = min(self._to_skip, len(text))
            self._to_skip -= dropped
            text = text[dropped:]
        if self._state.in_styles:
            self._style_name.append(text)
        elif not (self._state.unseen or self._state.hidden):
            self._text.append(text)

    def _control(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if word == "bin":
            return
        if word == "stylesheet":
            self._state = replace(self._state, in_styles=True)
        elif word in _UNSEEN or (starred and word not in {"shptxt", "cs", "ds", "ts"}):
            self._state = replace(self._state, unseen=True, in_fonts=self._state.in_fonts or word == "fonttbl")
        elif word == "ansicpg" and number:
            self._codec = codec_of_page(number) or self._codec
        elif word == "u" and number is not None:
            self._plain(chr(number % 65_536))
            self._to_skip = self._state.skip
        elif word in _MARKS:
            self._plain(_MARKS[word])
        elif word in {"par", "sect", "page", "cell", "nestcell", "row", "nestrow"}:
            self._end(word)
        else:
            self._property(word, number)

    def _property(self, word: str, number: int | None) -> None:
        state = self._state
        if word == "pard":
            self._state = replace(state, in_table=False, listed=False, style=0, level=0)
        elif word == "plain":
            self._state = replace(state, hidden=False, font=-1)
        elif word == "intbl":
            self._state = replace(state, in_table=True)
        elif word == "s":
            self._state = replace(state, style=number or 0)
        elif word == "outlinelevel" and number is not None:
            self._state = replace(state, level=number + 1 if number < 6 else 0)
        elif word in {"ls", "pn"}:
            self._state = replace(state, listed=True)
        elif word == "v":
            self._state = replace(state, hidden=number != 0)
        elif word in {"f", "deff", "fcharset", "cpg"} and number is not None:
            self._font(word, number)
        elif word == "uc":
            self._state = replace(state, skip=max(0, min(number or 0, 8)))

    def _font(self, word: str, number: int) -> None:
        """Set the font of what follows, or note its character set where fonts are listed."""
        if word == "deff":
            self._default_font = number
        elif word == "f":
            self._state = replace(self._state, font=number)
        elif self._state.in_fonts:
            codec = codec_of_page(number if word == "cpg" else _FONT_PAGES.get(number, 0))
            if codec:
                self._fonts[self._state.font] = codec

    def _end_style(self) -> None:
        name = "".join(self._style_name)
        self._style_name.clear()
        found = _STYLE_NAME.match(name.strip())
        level = int(found[1]) if found else 1 if name.strip(" ;").casefold() == "title" else self._state.level
        if level:
            self._levels[self._state.style] = min(level, 6)

    def _end(self, word: str) -> None:
        if self._state.unseen or self._state.in_styles:
            return
        if word in {"cell", "nestcell"}:
            self._cells.append(squeeze(self._take()))
        elif word in {"row", "nestrow"}:
            self._found.append(Element(BlockKind.TABLE, row_text(self._cells), group=self._group))
            self._cells.clear()
        elif self._state.in_table:
            self._text.append(" ")
        else:
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        text = self._take().strip()
        if not text:
            return
        state = self._state
        level = state.level or self._levels.get(state.style, 0)
        if level and len(text) < 400:
            self._group += 1
            self._found.append(Element(BlockKind.HEADING, squeeze(text), level=level))
        elif state.listed or text.startswith("•"):
            self._found.append(Element(BlockKind.LIST, squeeze(text), group=self._group))
        else:
            self._group += 1
            self._found.append(Element(BlockKind.PARAGRAPH, text))

    def _take(self) -> str:
        text = clean("".join(self._text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
        self._text.clear()
        return text
