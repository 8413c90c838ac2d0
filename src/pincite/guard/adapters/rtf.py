"""RTF: text with its headings, lists, tables, notes and text boxes. Runs in the child only.

Tracked changes count as accepted. What headers and footers say comes once, at the end.

Source of the rules: Rich Text Format Specification 1.9.1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pincite.guard.adapters.charsets import codec_of_page
from pincite.guard.adapters.docx_signs import symbol
from pincite.guard.adapters.text import clean
from pincite.guard.domain import BlockKind
from pincite.guard.grids import Span, TableRows
from pincite.guard.sections import Element, cut_sections, raised, squeeze
from pincite.guard.source import Opened, Source

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z\r\n])|([{}])"
    r"|(\\(?:\r\n|[\r\n]))|[\r\n]+|([^\\{}\r\n]+)"
)
_UNSEEN_WORDS = """
fonttbl colortbl info pict object ftnsep ftnsepc aftnsep aftnsepc listtable listoverridetable rsidtbl generator xmlnstbl
themedata colorschememapping datastore latentstyles fldinst bkmkstart bkmkend pntxta pntxtb
nonshppict shpinst shprslt template revtbl atnid atnauthor annotation mmathPr wgrffmtfilter datafield sp filetbl
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
_SIGNS = {"symbol", "wingdings"}  # fonts whose letters are signs
# What stands beside the text, and what is put before it.
_ASIDES = {
    "footnote": "", "shptxt": "", "result": "", "header": "Header: ", "headerl": "Header: ", "headerr": "Header: ",
    "headerf": "Header: ", "footer": "Footer: ", "footerl": "Footer: ", "footerr": "Footer: ", "footerf": "Footer: ",
}  # fmt: skip
_CODECS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_COUNTED = re.compile(r"\w*\d|\(?[a-zA-Z]{1,6}[.)]|[\u3400-\u9fff]")
_LEAST_LETTERS = 6  # of a header: "Page 3 of 9" in any language is no more
_MAX_DEPTH = 500


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits."""

    unseen: bool = False
    in_styles: bool = False
    in_fonts: bool = False
    in_number: bool = False
    hidden: bool = False
    deleted: bool = False
    raised: bool = False
    in_table: bool = False
    listed: bool = False
    style: int = 0
    level: int = 0
    skip: int = 1
    font: int = -1


@dataclass(slots=True)
class _Aside:
    """A note, a text box or a header within a group `depth` deep, and the text around it, which goes on behind."""

    depth: int
    label: str
    text: list[str]
    found: list[Element]


@dataclass(slots=True)
class _Row:
    """The open row of a table: its cells, and of each as it is defined whether it is merged with another."""

    cells: list[str] = field(default_factory=list[str])
    defined: list[str] = field(default_factory=list[str])
    merged: str = ""

    def spans(self) -> list[Span]:
        found: list[Span] = []
        for at, text in enumerate(self.cells):
            merged = self.defined[at] if at < len(self.defined) else ""
            if merged == "clmrg" and not text and found:
                found[-1] = replace(found[-1], columns=found[-1].columns + 1)
            else:
                found.append(Span(text, goes_on=merged == "clvmrg"))
        return found


def open_source(source: Source) -> Opened:
    """Open an RTF document."""
    return Opened(cut_sections(rtf_elements(source.file.read(source.limits.max_text_chars * 4))))


def rtf_elements(data: bytes) -> Iterator[Element]:
    """Yield the elements of RTF; Outlook's messages may have such a body."""
    return _Reader(data.decode("latin-1")).elements()


class _Reader:
    """Reads tokens; keeps a stack of states, the open paragraph and the open row."""

    def __init__(self, text: str) -> None:
        self._all = text
        self._state: _State = _State()
        self._stack: list[_State] = []
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._signs: dict[int, str] = {}
        self._default_font = -1
        self._bytes = bytearray()
        self._text: list[str] = []
        self._number: list[str] = []
        self._row = _Row()
        self._table: TableRows | None = None
        self._style_name: list[str] = []
        self._levels: dict[int, int] = {}
        self._to_skip = self._group = 0
        self._starred = False
        self._found: list[Element] = []
        self._asides: list[_Aside] = []
        self._waiting: list[Element] = []
        self._margins: dict[str, None] = {}

    def elements(self) -> Iterator[Element]:
        at = 0
        while (token := _TOKEN.search(self._all, at)) is not None:
            at = token.end()
            word, number, hexed, sign, brace, line_end, plain = token.groups()
            if word or sign or brace or line_end:
                self._decode_bytes()
            if word == "bin":
                at += max(0, int(number or 0))
            elif word:
                self._control(word, int(number) if number else None)
            elif hexed:
                self._byte(int(hexed, 16))
            elif brace:
                self._brace(brace)
            elif sign:
                self._symbol(sign)
            elif line_end:  # the same as \\par
                self._end("par")
            elif plain:
                self._written(plain)
            if self._found and not self._asides:
                yield from self._found
                self._found.clear()
        self._decode_bytes()
        while self._asides:
            self._end_aside()
        self._end_paragraph()
        yield from self._found
        yield from (Element(BlockKind.PARAGRAPH, text) for text in self._margins)

    def _brace(self, brace: str) -> None:
        if brace == "{":
            if len(self._stack) < _MAX_DEPTH:
                self._stack.append(self._state)
        elif self._stack:
            if self._state.in_styles and self._style_name:
                self._end_style()
            if self._asides and self._asides[-1].depth == len(self._stack):
                self._end_aside()
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

    def _written(self, text: str) -> None:
        """Take letters that are written as they are; of two bytes that make one the second may be such a letter."""
        dropped = min(self._to_skip, len(text))
        self._to_skip -= dropped
        text = text[dropped:]
        if self._bytes or not text.isascii() or self._sign_font():
            self._bytes += text.encode("latin-1")
        else:
            self._plain(text)

    def _sign_font(self) -> str:
        return self._signs.get(self._font_now(), "") if self._signs and not self._state.unseen else ""

    def _font_now(self) -> int:
        return self._state.font if self._state.font >= 0 else self._default_font

    def _decode_bytes(self) -> None:
        if not self._bytes:
            return
        held, signs = bytes(self._bytes), self._sign_font()
        self._bytes.clear()
        if signs:
            self._plain("".join(symbol(signs, f"{byte:x}") for byte in held))
        else:
            self._plain(held.decode(self._fonts.get(self._font_now(), self._codec), "replace"))

    def _plain(self, text: str) -> None:
        if self._to_skip:
            dropped = min(self._to_skip, len(text))
            self._to_skip -= dropped
            text = text[dropped:]
        state = self._state
        if state.in_styles:
            self._style_name.append(text)
        elif state.in_fonts:
            name = text.strip(" ;").casefold()
            if name in _SIGNS:
                self._signs[state.font] = name
        elif not (state.unseen or state.hidden or state.deleted):
            (self._number if state.in_number else self._text).append(raised(text) if state.raised else text)

    def _control(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if word == "stylesheet":
            self._state = replace(self._state, in_styles=True)
        elif word in _ASIDES:
            self._begin_aside(word)
        elif word in _UNSEEN or (starred and word not in {"cs", "ds", "ts"}):
            self._state = replace(self._state, unseen=True, in_fonts=self._state.in_fonts or word == "fonttbl")
        elif word == "ansicpg" and number:
            self._codec = codec_of_page(number) or self._codec
        elif word == "u" and number is not None:
            self._unicode(number % 65_536)
        elif word in _MARKS:
            self._plain(_MARKS[word])
        elif word in {"par", "sect", "page", "cell", "nestcell", "row", "nestrow"}:
            self._end(word)
        elif word in {"trowd", "clmrg", "clvmrg", "cellx"}:
            self._define(word)
        else:
            self._property(word, number)

    def _unicode(self, code: int) -> None:
        signs = self._sign_font()
        self._plain(symbol(signs, f"{code:x}") if signs and 0xF000 <= code < 0xF100 else chr(code))
        self._to_skip = self._state.skip

    def _define(self, word: str) -> None:
        row = self._row
        if word == "trowd":
            row.defined.clear()
        elif word == "cellx":
            row.defined.append(row.merged)
            row.merged = ""
        else:
            row.merged = word

    def _property(self, word: str, number: int | None) -> None:
        state = self._state
        if word == "pard":
            self._state = replace(state, in_table=False, listed=False, style=0, level=0)
        elif word == "plain":
            self._state = replace(state, hidden=False, deleted=False, raised=False, font=-1)
        elif word == "intbl":
            self._state = replace(state, in_table=True)
        elif word == "s":
            self._state = replace(state, style=number or 0)
        elif word in {"cs", "ds", "ts"} and state.in_styles:  # of letters, sections and tables
            self._state = replace(state, style=-1)
        elif word == "outlinelevel" and number is not None:
            self._state = replace(state, level=number + 1 if number < 6 else 0)
        elif word in {"ls", "pn"}:
            self._state = replace(state, listed=True)
        elif word in {"listtext", "pntext"}:
            self._number.clear()
            self._state = replace(state, in_number=True)
        elif word in {"v", "deleted"}:
            self._state = replace(state, **{"hidden" if word == "v" else word: number != 0})
        elif word in {"super", "sub", "nosupersub"}:
            self._state = replace(state, raised=word == "super" and number != 0)
        elif word in {"f", "deff", "fcharset", "cpg"} and number is not None:
            self._font(word, number)
        elif word == "uc":
            self._state = replace(state, skip=max(0, min(number or 0, 8)))
        elif word in _CODECS:
            self._codec = _CODECS[word]

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
        if level and self._state.style >= 0:
            self._levels[self._state.style] = min(level, 6)

    def _begin_aside(self, word: str) -> None:
        """Set the open text aside. The result of an object and the text of a shape are seen within what is not."""
        if self._state.in_styles or (self._state.unseen and word not in {"shptxt", "result"}):
            return
        self._asides.append(_Aside(len(self._stack), _ASIDES[word], self._text, self._found))
        self._text, self._found = [], []
        self._state = replace(self._state, unseen=False, in_table=False, listed=False, style=0, level=0)

    def _end_aside(self) -> None:
        """Keep what was read until the paragraph around it ends, or a header until the end."""
        self._end_paragraph()
        aside = self._asides.pop()
        if aside.label:
            for element in self._found:
                if sum(char.isalpha() for char in element.text) > _LEAST_LETTERS:
                    self._margins[aside.label + squeeze(element.text)] = None
        else:
            self._waiting += self._found
        self._text, self._found = aside.text, aside.found

    def _end(self, word: str) -> None:
        if self._state.unseen or self._state.in_styles:
            return
        if word in {"cell", "nestcell"}:
            self._row.cells.append(squeeze(f"{self._counted()} {self._take()}"))
        elif word in {"row", "nestrow"}:
            if self._table is None:
                self._table = TableRows(self._group)
            self._found += self._table.add(self._row.spans())
            self._row.cells.clear()
            self._release()
        elif self._state.in_table:
            self._text.append(" ")
        else:
            self._end_paragraph()

    def _release(self) -> None:
        if not self._asides:
            self._found += self._waiting
            self._waiting.clear()

    def _counted(self) -> str:
        """Take the number that stands before a paragraph, "" for a bullet."""
        number = squeeze("".join(self._number))
        self._number.clear()
        return number if _COUNTED.match(number) else ""

    def _end_paragraph(self) -> None:
        text, number = self._take().strip(), self._counted()
        if text:
            if self._table is not None:
                self._found += self._table.end()
                self._table = None
            self._found.append(self._classified(text, number))
        self._release()

    def _classified(self, text: str, number: str) -> Element:
        state = self._state
        level = state.level or self._levels.get(state.style, 0)
        if level and len(text) < 400:
            self._group += 1
            return Element(BlockKind.HEADING, squeeze(f"{number} {text}"), level=level)
        if state.listed or number or text.startswith("•"):
            return Element(BlockKind.LIST, squeeze(f"{number} {text}"), group=self._group)
        self._group += 1
        return Element(BlockKind.PARAGRAPH, text)

    def _take(self) -> str:
        text = clean("".join(self._text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
        self._text.clear()
        return text
