"""Finds which of the old encodings bytes are in, by how common their characters are in some language. Child only.

Unicode and its marks are known before this is asked; that is in `text.py`.
"""

import re
from collections import Counter
from dataclasses import dataclass

FALLBACK = "cp1252"
_SAMPLE_BYTES = 32_000
_FEWEST = 4  # non-ASCII characters; fewer say nothing
_AHEAD = 0.1  # what another encoding must score above the fallback
_CLEAR = 0.4  # the least that it must score
_MIXED_WORD = re.compile(r"[A-Za-z][^\W\d_a-zA-Z]|[^\W\d_a-zA-Z][A-Za-z]")
_CAPITAL = re.compile(r"(?<!\w)[^\W\d_a-zA-Z](?=[^\W\d_])")
_BEST = 1.15  # a text may be a little more usual than its language, not much
# Signs that stand in texts of any language and speak for no encoding.
_NEUTRAL = frozenset("\u00a0\u00ad‘’‚“”„–—…•·«»©®™°§€£№²³½¼×´¿¡、。，・「」（）：！？～\u3000")


@dataclass(frozen=True, slots=True)
class _Language:
    """The commonest characters of a language and the share of its non-ASCII characters that they are in 0..1."""

    common: frozenset[str]
    share: float
    mixes: bool = False


def _made_of(common: str, share: float, *, mixes: bool = False) -> _Language:
    return _Language(frozenset(common), share, mixes)


_WESTERN = tuple(
    _made_of(letters + letters.upper(), 1.0, mixes=True)
    for letters in (
        "äöüß",
        "éèàêçùôîâûëïœ",
        "áéíóúñü",
        "ãõáéíóúâêôçà",
        "åäöé",
        "æøåé",
        "èàùòìé",
        "éëïèöüó",
        "áéíóúýðþæö",
    )
)
_CENTRAL = tuple(
    _made_of(letters + letters.upper(), 1.0, mixes=True)
    for letters in ("áéíóúýčďěňřšťůž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ąćęłńóśźż", "čćđšž", "ăâîşţ")
)
_CYRILLIC = (_made_of("оеаинтсрвлкмдпуяыьгз", 0.88), _made_of("оаиентсрвлкмдпуязьгіїє", 0.88))
_GREEK = (_made_of("αοιετσνηυρπκλμςόίάέήώύ", 0.86),)
_HEBREW = (_made_of("יוהלארמתשבנ", 0.79),)
_THAI = (_made_of("านรอกเงยมลวดสตทปคหแบ่้ีัิ", 0.84),)
_HIRAGANA = (
    "ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとど"
    "なにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをん"
)
_KATAKANA = (
    "ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニ"
    "ヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶー"
)
_JAPANESE = (_made_of(_HIRAGANA + _KATAKANA + "日一人年大本中出上的", 0.6),)
_KOREAN = (_made_of("이다는의에을가하고지로기도사한를은인어시아대자서나들리그정수해일있게만라요", 0.42),)
_SIMPLIFIED = (_made_of("的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会", 0.27),)
_TRADITIONAL = (_made_of("的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會", 0.27),)

# The likelier first: a later one must score higher.
_CANDIDATES: tuple[tuple[str, tuple[_Language, ...]], ...] = (
    (FALLBACK, _WESTERN),
    ("cp1250", _CENTRAL),
    ("iso8859_2", _CENTRAL),
    ("cp1251", _CYRILLIC),
    ("koi8_r", _CYRILLIC),
    ("cp866", _CYRILLIC),
    ("iso8859_5", _CYRILLIC),
    ("mac_cyrillic", _CYRILLIC),
    ("cp855", _CYRILLIC),
    ("cp1253", _GREEK),
    ("iso8859_7", _GREEK),
    ("cp1255", _HEBREW),
    ("cp874", _THAI),
    ("cp932", _JAPANESE),
    ("euc_jp", _JAPANESE),
    ("cp949", _KOREAN),
    ("johab", _KOREAN),
    ("gb18030", _SIMPLIFIED),
    ("big5hkscs", _TRADITIONAL),
)


def is_shifted_japanese(data: bytes) -> bool:
    """Whether bytes are ISO-2022-JP: seven bits, with escapes into the Japanese characters and back."""
    sample = data[:_SAMPLE_BYTES]
    return (b"\x1b$B" in sample or b"\x1b$@" in sample) and b"\x1b(" in sample and sample.isascii()


def guess_encoding(data: bytes) -> str:
    """Return the likeliest encoding of bytes that are no Unicode; Windows-1252 where nothing speaks for another."""
    sample = data[:_SAMPLE_BYTES]
    western = sample.decode(FALLBACK, "replace")
    if len(_beyond_ascii(western)) < _FEWEST:
        return FALLBACK
    best, best_score = FALLBACK, max(_score(western, _WESTERN) + _AHEAD, _CLEAR)
    for name, languages in _CANDIDATES[1:]:
        score = _score(sample.decode(name, "replace"), languages)
        if score > best_score:
            best, best_score = name, score
    return best


def _beyond_ascii(text: str) -> list[str]:
    return [character for character in text if character > "\x7f" and character not in _NEUTRAL]


def _score(text: str, languages: tuple[_Language, ...]) -> float:
    """Return how well text fits the best of some languages: near 1 where it is one of them, near 0 for noise."""
    # A capital that begins a word is usual in any language; one within a word speaks against the encoding.
    text = _CAPITAL.sub(lambda found: found.group().lower(), text)
    counts = Counter(_beyond_ascii(text))
    total = counts.total()
    if not total:
        return 0.0
    mixed = len(_MIXED_WORD.findall(text)) / total
    return max(_fit(counts, total, mixed, language) for language in languages)


def _fit(counts: Counter[str], total: int, mixed: float, language: _Language) -> float:
    share = sum(counts[character] for character in language.common) / total
    return min(share / language.share, _BEST) - (0.0 if language.mixes else min(mixed, 1.0))
