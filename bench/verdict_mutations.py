"""Changes one fact of a sentence of the example handbook: a digit, a name, a unit, a month, a "not".

A claim changed so may never keep the verdict `supported`; one worded a little otherwise should. Used by the tests, too.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pincite.answers.candidates import Candidate
from pincite.core.sentences import sentence_spans

SOURCE = Path(__file__).resolve().parent.parent / "examples" / "handbook" / "source"
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_NAMES = ("Okonkwo", "Halvorsen", "Marchetti", "Brightwater", "Ravensworth", "Tanaka", "Delacroix", "Zielinski")
_UNIT_FAMILIES = (
    ("minutes", "hours", "days", "weeks", "months", "years"),
    ("minute", "hour", "day", "week", "month", "year"),
    ("mm", "cm", "km", "m"),
    ("kg", "g"),
)
_DIGIT = re.compile(r"\d")
_NAME = re.compile(r"(?<=[a-z,;] )(?:[A-Z][a-z]{2,}(?: |(?=[.,;:]|$)))+")
_UNIT = re.compile(rf"(?<=\d )(?:{'|'.join(unit for family in _UNIT_FAMILIES for unit in family)})\b")
_MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b")
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|may|must|can|will|should|has to|have to|do|does|could|would)\b(?! not)")
_NEGATION = re.compile(r"\b(?:not|never) ")
_NEGATION_WITHIN = re.compile(r"\b(can)not\b|\b(do|does|is|are|was|were|should|could|would)n['’]t\b")
_ALLOWED = re.compile(r"^(?!\|)(?!.*[|]).{25,400}$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the handbook: its document's title, its sentences and table rows in order, `document#number`."""

    title: str
    sentences: tuple[str, ...]
    name: str

    def names(self) -> list[str]:
        """Return the names that stand inside its sentences."""
        found = (name[0].strip() for each in self.claims() for name in _NAME.finditer(each))
        return [name for name in dict.fromkeys(found) if not _MONTH.search(name)]

    def claims(self) -> list[str]:
        """Return the sentences that are prose."""
        return [each for each in self.sentences if _ALLOWED.match(each) and each[0].isupper() and each[-1] in ".!"]


def handbook_pages() -> list[Page]:
    """Return every page of the handbook's sources."""
    return [page for path in sorted(SOURCE.glob("*.txt")) for page in _pages(path)]


def passages_of(pages: Sequence[Page]) -> list[Candidate]:
    """Return the sentences of pages as those of passages, one a page."""
    found: list[Candidate] = []
    for passage, page in enumerate(pages):
        at = 0
        for text in page.sentences:
            found.append(Candidate(passage, 1, at, at + len(text), text, page.title, "", ""))
            at += len(text) + 1
    return found


Mutation = Callable[[str, Random], str | None]


def swap_digit(sentence: str, random: Random) -> str | None:
    """Change one digit; None when there is none."""
    places = [found.start() for found in _DIGIT.finditer(sentence)]
    if not places:
        return None
    place = random.choice(places)
    digit = random.choice([each for each in "123456789" if each != sentence[place]])
    return sentence[:place] + digit + sentence[place + 1 :]


def swap_name(sentence: str, random: Random) -> str | None:
    """Put another name in a name's place; None when there is none inside the sentence."""
    names = [found for found in _NAME.finditer(sentence) if not _MONTH.search(found[0])]
    if not names:
        return None
    name = random.choice(names)
    gap = " " if name[0].endswith(" ") else ""
    return sentence[: name.start()] + random.choice(_NAMES) + gap + sentence[name.end() :]


def swap_neighbour(sentence: str, random: Random, names: Sequence[str]) -> str | None:
    """Put one of the page's other names in a name's place."""
    own = [found for found in _NAME.finditer(sentence) if not _MONTH.search(found[0])]
    others = [name for name in names if name not in sentence]
    if not own or not others:
        return None
    name = random.choice(own)
    gap = " " if name[0].endswith(" ") else ""
    return sentence[: name.start()] + random.choice(others) + gap + sentence[name.end() :]


def swap_unit(sentence: str, random: Random) -> str | None:
    """Put another unit of the same family after a figure; None when no figure has a unit."""
    units = list(_UNIT.finditer(sentence))
    if not units:
        return None
    unit = random.choice(units)
    family = next(family for family in _UNIT_FAMILIES if unit[0] in family)
    return sentence[: unit.start()] + random.choice([e for e in family if e != unit[0]]) + sentence[unit.end() :]


def swap_month(sentence: str, random: Random) -> str | None:
    """Name another month; None when none is named."""
    months = list(_MONTH.finditer(sentence))
    if not months:
        return None
    month = random.choice(months)
    other = random.choice([each for each in _MONTHS if each != month[0]])
    return sentence[: month.start()] + other + sentence[month.end() :]


def add_not(sentence: str, random: Random) -> str | None:
    """Negate a verb; None when there is none that takes a "not"."""
    verbs = list(_AUXILIARY.finditer(sentence))
    if not verbs:
        return None
    verb = random.choice(verbs)
    return sentence[: verb.end()] + " not" + sentence[verb.end() :]


def drop_not(sentence: str, random: Random) -> str | None:
    """Take a "not", "never" or "n't" away; None when there is none."""
    negations = [*_NEGATION.finditer(sentence), *_NEGATION_WITHIN.finditer(sentence)]
    if not negations:
        return None
    found = random.choice(negations)
    kept = "" if found.lastindex is None else found[found.lastindex]
    return sentence[: found.start()] + kept + sentence[found.end() :]


MUTATIONS: dict[str, Mutation] = {
    "digit": swap_digit,
    "name": swap_name,
    "unit": swap_unit,
    "month": swap_month,
    "not added": add_not,
    "not dropped": drop_not,
}


def mutants(page: Page, sentence: str, random: Random) -> dict[str, str]:
    """Return every way in which a sentence of the page can be changed, by name."""
    made = {name: mutate(sentence, random) for name, mutate in MUTATIONS.items()}
    made["name of the page"] = swap_neighbour(sentence, random, page.names())
    return {name: text for name, text in made.items() if text is not None and text != sentence}


def reworded(sentence: str, random: Random) -> str:
    """Return a sentence that says the same in almost the same words."""
    ways: list[Callable[[str], str]] = [
        lambda text: " ".join(text.split()),
        lambda text: text.rstrip("."),
        lambda text: f"In short, {text[0].lower() if text[1:2].islower() else text[0]}{text[1:]}",
        lambda text: text.replace(" must ", " has to ", 1),
        lambda text: re.sub(r"\bcannot\b", "can not", text).replace(" and ", " as well as ", 1),
        lambda text: re.sub(r"\b(?:also|then|already|usually|at most|always) ", "", text, count=1),
        lambda text: text.replace("’", "'").replace(", ", " ", 1),
    ]
    return random.choice(ways)(sentence)


def _pages(path: Path) -> list[Page]:
    head, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    title = next((line.partition(": ")[2] for line in head.splitlines() if line.startswith("Title: ")), "")
    parts = enumerate(body.split("[page]"), 1)
    return [page for number, part in parts if (page := _page(title, part, f"{path.stem}#{number}")).sentences]


def _page(title: str, text: str, name: str) -> Page:
    sentences: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.strip().splitlines() if not line.startswith("|%")]
        cells = (line.lstrip("#").strip().removeprefix("| ").removesuffix(" |") for line in lines)
        flat = "\n".join(cells).replace("**", "")
        sentences += [flat[start:end] for start, end in sentence_spans(flat)]
    return Page(title, tuple(sentences), name)
