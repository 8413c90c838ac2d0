"""Writes the handbook's set of claims: those of `by_hand.jsonl`, sentences of its pages, some with a fact changed.

`python -m bench.handbook_claims` writes `examples/handbook/claims`; the same sources always give the same files.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from bench.verdict_mutations import Page, handbook_pages, mutants, reworded
from pincite.evals import GoldenSet, SetKind, write_set
from pincite.evals.domain import Case, CorpusPassage

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "handbook" / "claims"
BY_HAND = FOLDER / "by_hand.jsonl"
_SEED = 20_260_101
_REWORDED = 2
# A claim is held against its page and against two that were found as well.
_DISTANCES = (0, 3, 11)


def main() -> int:
    """Write the set."""
    golden = handbook_claims()
    write_set(golden, FOLDER)
    print(f"{len(golden.cases)} claims beside {len(golden.corpus)} pages in {FOLDER}")
    return 0


def handbook_claims() -> GoldenSet:
    """Return the set."""
    pages = handbook_pages()
    places = {page.name: place for place, page in enumerate(pages)}
    cases = [*_by_hand(pages, places), *(case for page in pages for case in _of_page(page, pages, places))]
    corpus = tuple(CorpusPassage(page.name, page.title, "\n\n".join(page.sentences)) for page in pages)
    return GoldenSet(FOLDER.name, SetKind.CLAIMS, tuple(cases), corpus)


def _by_hand(pages: list[Page], places: dict[str, int]) -> Iterator[Case]:
    for number, line in enumerate(BY_HAND.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        near = _near(pages, places[row["page"]])
        yield _case(f"hand-{number}", row["claim"], (row["label"], near, ("by hand",)), row["page"])


def _of_page(page: Page, pages: list[Page], places: dict[str, int]) -> Iterator[Case]:
    claims = page.claims()
    if not claims:
        return
    random = Random(f"{_SEED} {page.name}")
    near = _near(pages, places[page.name])
    yield _case(f"{page.name}-said", random.choice(claims), ("supported", near, ("verbatim",)), page.name)
    for number, claim in enumerate(random.sample(claims, min(_REWORDED, len(claims))), 1):
        said = reworded(claim, random)
        yield _case(f"{page.name}-reworded-{number}", said, ("supported", near, ("reworded",)), page.name)
    changed = max((mutants(page, claim, random) for claim in claims), key=len)
    for kind, text in changed.items():
        name = f"{page.name}-{kind.replace(' ', '-')}"
        yield _case(name, text, ("unsupported", near, ("changed fact", kind)), page.name)


def _near(pages: list[Page], place: int) -> tuple[str, ...]:
    return tuple(pages[(place + step) % len(pages)].name for step in _DISTANCES)


def _case(name: str, claim: str, about: tuple[str, tuple[str, ...], tuple[str, ...]], group: str) -> Case:
    label, near, tags = about
    return Case(
        name, "", relevant=dict.fromkeys(near, 1), tags=tags, claim=" ".join(claim.split()), label=label, group=group
    )


if __name__ == "__main__":
    sys.exit(main())
