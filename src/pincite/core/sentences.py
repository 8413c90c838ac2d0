"""Finds sentences in text, as character ranges. Pure and fast: one pass of one regular expression.

Rules, not a model: stops, abbreviations, lists, table rows and blank lines. What a sentence means is no business here.
"""

import re

_CLOSERS = "\"'”’»)\\]"
_CANDIDATE = re.compile(
    rf"(?P<stop>(?<![.!?…])[.!?…]++[{_CLOSERS}]*+)(?=\s)"
    rf"|(?P<wide>[。！？؟۔।]+[{_CLOSERS}」』）]*)"
    r"|(?P<line>\r?\n)(?P<blank>[ \t]*\r?\n)?"
)
_BEFORE = re.compile(r"\S+$")
_NEXT = re.compile(r"\s*(\S*)")
_BULLET = re.compile(r"[ \t]*(?:[•●▪◦‣∙·■□➢*–-][ \t]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)][ \t])")
_NOTE = re.compile(r"\((?:\d{1,3}|[a-z]|[ivx]{1,4})\)")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})(?:\.\d{1,3})*\.$")
_INITIALS = re.compile(r"(?:^|[(\[\"'“‘])(?:[A-Z]\.)+$|^(?:[A-Za-z]\.){2,}$")
_FIGURE = re.compile(r"(?<![\w.])[($€£-]*\d[\d,.]*%?\)?(?!\w)")
_COUNTED = r"(?:\d%?|\d (?:[mb]illion|thousand|percent))"
# A sentence that ends within the line, or several figures set apart by commas: "$3 million, 12 (5%), and 4".
_PROSE = re.compile(rf"[a-z]{{3,}}\)?\. [A-Z][a-z]|{_COUNTED}\)? ?[,;] .*?{_COUNTED}\)? ?[,;.] ")
_CELLS = re.compile(r"(?: (?:[$€£] ?)?\(?-?[$€£]?\d[\d,.]*\)?%?){2,}$")
_DATES = re.compile(r"\b[A-Z][a-z]+ \d{1,2}, (?:19|20)\d\d\b|\b(?:19|20)\d\d(?:,? (?:and )?(?:19|20)\d\d)+\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
# "Length over all: 14.20 metres", as forms are filled in.
_KEYED = re.compile(r"\s*(?:[^\s:.,;!?]{1,30} ){0,5}[^\s:.,;!?]{1,30}: \S")
_LINE_LOOKBACK = 400
_WIDTH_SAMPLE = 20_000

_BEFORE_NAME_WORDS = """
mr mrs ms mx dr prof rev hon gen col lt sgt capt cmdr sen rep gov pres st mt messrs mme mlle e.g i.e cf vs
v viz al approx ca incl excl hr hrn sra dra dipl inkl exkl zzgl abzgl bzw ggf evtl vgl bspw
mevr dhr bijv sig dott dña np tzn проф им ул напр
"""
_BEFORE_NAME = frozenset(_BEFORE_NAME_WORDS.split())
_BEFORE_NUMBER_WORDS = """
no nos nr fig figs vol vols p pp pg art arts sec secs ch chap eq eqs par para tab ref refs ex exh cl reg
тел стр рис табл ст ул гл núm pág art tél nº str ul godz blz tlf
app item jan feb mar apr jun jul aug sep sept oct nov dec min max tel ext abs pos ziff tab kap
"""
_BEFORE_NUMBER = frozenset(_BEFORE_NUMBER_WORDS.split())
_EITHER_WORDS = """
inc ltd co corp llc plc bros etc jr sr dept est univ assn mfg intl ave blvd rd sq ft oz lb mio mrd str
"""
_EITHER = frozenset(_EITHER_WORDS.split())
_STARTERS_WORDS = """
the a an this that these those it its we our they their he she his her you i in on at as for from to by
with when while if although because since however therefore thus there here each all both such no not
under during after before upon except other what who how why
der die das den dem ein eine es wir sie er ich bei für mit von zu im am
"""
_STARTERS = frozenset(_STARTERS_WORDS.split())
# With these no sentence ends, nor a heading or a table's row; with the others hardly one of several words.
_NEVER_LAST_WORDS = """
the a an of and or from between its their our than approximately
der die das des dem den ein eine einer eines einem einen und oder von vom zum zur
"""
_NEVER_LAST = frozenset(_NEVER_LAST_WORDS.split())
_HARDLY_LAST = frozenset(
    [
        "in",
        "on",
        "to",
        "for",
        "by",
        "with",
        "at",
        "as",
        "until",
        "through",
        "into",
        "under",
        "is",
        "are",
        "was",
        "were",
        "be",
        "that",
        "which",
    ]
)
_WORDS_OF_PROSE = 6
# What stands before a sum: "max. EUR 500".
_SUM = re.compile(r"[\d(#+$€£]|(?:EUR|USD|GBP|CHF)\b")
# German numbers things by a stop: "am 21. Juni", "im 2. Quartal". Months that English writes alike are among them.
_ORDINAL = re.compile(r"[(\[\"'“„]*\d{1,2}\.$")
# Behind "am" or "der" a number with a stop counts whatever comes: "am 3. Werktag".
_PLACED_ORDINAL = re.compile(
    r"(?<!\w)(?:am|im|zum|zur|vom|beim|der|dem|den|des|die|das|jede[mnrs]?) \d{1,2}\.$", re.IGNORECASE
)
_ORDINAL_REACH = 12
_NUMBERED_WORDS = """
januar jänner februar märz april mai juni juli august september oktober november dezember jan feb mär apr jun jul aug
sep sept okt nov dez quartal halbjahr stock obergeschoss og etage klasse lebensjahr jahrhundert absatz abschnitt kapitel
"""
_NUMBERED = frozenset(_NUMBERED_WORDS.split())
# "z. B.", and what is before its second letter.
_LETTER = re.compile(r"[(\[\"'“„]*[^\W\d_]\.$")
_PAIR = re.compile(r"(?<!\w)[^\W\d_]\.\s[^\W\d_]\.$")


def sentence_spans(text: str, *, width: int | None = None) -> list[tuple[int, int]]:
    """Cut text into sentences.

    A stop ends a sentence when what follows can begin one and what precedes is no abbreviation, initial or list
    number. A blank line ends one; a single line break does not (text from PDF is wrapped), except after a table row,
    before a list item, between "name: value" lines, and after a line without a stop that is clearly shorter than the
    text is wide and that a capital follows (a heading, a row of words). None does behind "of" or "the".

    Args:
        text: what to cut.
        width: length of a full line where `text` is a part of something; see `line_width`.

    Returns:
        Ranges [start, end), in order, disjoint, without white space at either end, covering all other characters.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    width = line_width(text) if width is None else width
    for found in _CANDIDATE.finditer(text):
        end = found.end("stop") if found["stop"] else found.end("wide") if found["wide"] else found.start()
        if found["stop"]:
            ends = _stop_ends(text, start, found.start(), end)
        elif found["line"]:
            ends = found["blank"] is not None or _line_ends(text, width, found.start(), found.end())
        else:
            ends = True
        if ends:
            _append(spans, text, start, end)
            start = end
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    body = piece.strip()
    if body:
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(body)))


def _stop_ends(text: str, start: int, stop: int, end: int) -> bool:
    """Whether the stop at [stop, end) ends the sentence that began at `start`."""
    match = _NEXT.match(text, end, end + 60)
    following = match[1] if match else ""
    first = following.lstrip("\"'“‘«([")[:1]
    if not following:
        return True
    if first.islower() or following[0] in ",;:)]}|":
        return False
    if text[stop] != "." or text.startswith("..", stop):
        return True
    before = _BEFORE.search(text, max(start, stop - 40), stop + 1)
    if before is None:
        return True
    if _PAIR.search(text, max(start, stop - 4), stop + 1):
        return following.strip("\"'“‘’,.").casefold() in _STARTERS
    if _PLACED_ORDINAL.search(text, max(start, stop - _ORDINAL_REACH), stop + 1):
        return following.strip("\"'“‘’,.").casefold() in _STARTERS
    opens = before.start() - start < _LINE_LOOKBACK and not text[start : before.start()].strip()
    return not _is_abbreviation(before[0], opens, following)


def _is_abbreviation(token: str, opens: bool, following: str) -> bool:
    """Whether `token`, which ends with a full stop, is likely no end of a sentence before `following`."""
    if opens and _ENUMERATOR.match(token):
        return True
    word = token.rstrip(".").lstrip("([\"'“‘").casefold()
    if word in _BEFORE_NAME:
        return True
    if word in _BEFORE_NUMBER:
        return _SUM.match(following) is not None
    if _ORDINAL.match(token):
        return following.rstrip(".,;:)").casefold() in _NUMBERED
    if _LETTER.match(token) and _LETTER.match(following):
        return True
    if word in _EITHER or _INITIALS.search(token):
        return following.strip("\"'“‘’,.").casefold() not in _STARTERS
    return False


def line_width(text: str) -> int:
    """Return how long the text's full lines are: nine lines in ten are no longer."""
    lengths = sorted(len(line) for line in text[:_WIDTH_SAMPLE].splitlines() if line.strip())
    return lengths[len(lengths) * 9 // 10] if lengths else 0


def _line_ends(text: str, width: int, at: int, after: int) -> bool:
    """Whether the line break at [at, after) ends a sentence, in a text whose full lines are `width` long."""
    line_start = text.rfind("\n", max(0, at - _LINE_LOOKBACK), at) + 1
    line = text[line_start:at]
    if _BULLET.match(text, after):
        return True
    if is_unfinished(line):
        return False
    next_end = text.find("\n", after, after + _LINE_LOOKBACK)
    next_line = text[after : next_end if next_end != -1 else after + _LINE_LOOKBACK].strip()
    if _KEYED.match(line) and _KEYED.match(next_line):
        return True
    if _is_row(line):
        return _has_cells(line) or _is_row(next_line) or not goes_on(next_line)
    if _is_row(next_line) and next_line[:1].isupper() and line.rstrip()[-1:] not in {",", ";"}:
        return True
    # A letter of a script without capitals may begin a sentence, too.
    begins = next_line[:1].isdigit() or (next_line[:1].isalpha() and not next_line[:1].islower())
    return (
        begins and len(line.strip()) * 3 <= width * 2 and (line.rstrip()[-1:].isalnum() or line.rstrip()[-1:] in "%)")
    )


def is_unfinished(line: str) -> bool:
    """Whether a line ends amid a sentence: with an article, "and", "of"; one of prose also with "in" or "is"."""
    words = line.rsplit(maxsplit=1)[-1:]
    if not words or words[0] not in _NEVER_LAST | _HARDLY_LAST or _has_cells(line):
        return False
    return words[0] in _NEVER_LAST or len(line.split()) >= _WORDS_OF_PROSE


def goes_on(text: str) -> bool:
    """Whether text begins as the middle of a sentence does: with a small letter, a bracketed figure or a comma.

    The mark of a list's item or of a note, "a." or "(1)", begins something of its own.
    """
    if _BULLET.match(text) or _NOTE.match(text):
        return False
    opened = text.startswith("(")
    first = text[opened : opened + 1]
    return first.islower() or first in {",", ";", ":", ")", "]"} or (opened and (first.isdigit() or first in "$€£"))


def _has_cells(line: str) -> bool:
    return " | " in line or "\t" in line.strip()


def _is_row(line: str) -> bool:
    """Whether a line looks like a table's row: cells set apart by bars, or many figures for its words, and no prose."""
    if _has_cells(line):
        return True
    figures = len(_FIGURE.findall(line))
    if figures < 2 or figures * 3 < len(_WORD.findall(line)) or line.rstrip()[-1:] in {",", "-"}:
        return False
    return _CELLS.search(line.rstrip()) is not None or _PROSE.search(_DATES.sub("", line)) is None
