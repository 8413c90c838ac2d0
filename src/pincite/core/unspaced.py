"""Scripts without spaces between words: which signs they are, and pieces of their runs that can be compared. Pure."""

import re
from collections.abc import Iterator

# Each sign of the first says more, so that two make a term; of the second, three.
IDEOGRAPHS = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
PAIRED = IDEOGRAPHS + "\u3041-\u30ff\u31f0-\u31ff\u1100-\u11ff\uac00-\ud7af"
TRIPLED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# Vowels and other signs that hang on a letter are no letters to `re`; they belong to the word all the same. Whole
# blocks of Indic and South-East Asian scripts, without their full stops.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0963\u0966-\u0df3\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0ece\u0f18-\u0f3f\u0f71-\u0f84\u1000-\u1049"
    "\u1780-\u17d3\u200c\u200d\u3099\u309a"
)

UNSPACED_RUN = re.compile(rf"[{PAIRED}]+|[{TRIPLED}]+")
# What says nothing by itself parts what does, as a space would: Japanese endings and particles, the small words of
# Chinese, what a Korean word ends in.
_SMALL = re.compile(
    r"[\u3041-\u309f]+|什么时候|什麼時候|为什么|為什麼|怎么样|有没有|是不是|能不能|可不可以|什么|什麼|怎么|怎麼|如何|哪里|哪些|多少|"
    r"多久|多长|请问|請問|可以|可否|应该|應該|需要|必须|以及|或者|如果|因为|所以|但是|我们|我們|他们|公司的|"
    r"禁止|不得|不予|不可|不能|不会|不會|没有|沒有|有(?=[几幾多])|[几幾何][天個个日年月人歳回時时]|[的了是吗嗎呢吧么麼在和及或几幾谁誰哪我你他她它也都就还還被把"
    r"于於以之其何不没沒未无無非勿莫]"
    r"|얼마나?|며칠|언제|누구|무엇|어디|어떻게|몇"
    r"|(?:인가요|입니까|습니까|합니까|합니다|입니다|습니다|한다|된다|이다|나요|까요|은|는|이|가|을|를|에|의|도|와|과)(?![\uac00-\ud7af])"
)


def has_unspaced(text: str) -> bool:
    """Whether any sign of a text is of such a script."""
    return not text.isascii() and UNSPACED_RUN.search(text) is not None


def telling_pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the pieces of a text's unspaced runs stand that say something: neighbouring signs by twos or threes.

    A sign that stands alone between small words is a piece of its own.
    """
    for run in UNSPACED_RUN.finditer(text):
        size = 2 if re.match(rf"[{PAIRED}]", run[0]) else 3
        at = run.start()
        for small in (*_SMALL.finditer(text, run.start(), run.end()), None):
            end = run.end() if small is None else small.start()
            yield from _grams(at, end, size)
            at = run.end() if small is None else small.end()


def _grams(start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    if 0 < end - start <= size:
        yield start, end
    elif end > start:
        for at in range(start, end - size + 1):
            yield at, at + size
