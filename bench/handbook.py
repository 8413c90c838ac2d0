"""The extractive answerer on the handbook's golden set: right document and page among the pins, unanswerable declined.

    python -m bench.handbook [--golden FILE] [--misspelt SEED [--as-typed]] [-v]

Reads the handbook's files through the confined readers, chunks, embeds and indexes them, and asks every question, all
in this process. A case is a JSON object a line with `question` and either `document` and `page` or `evidence`, a list
of such; a case with neither is unanswerable. With `--misspelt` a word of each question has a wrong, missing, doubled or
turned pair of letters. Ends with status 1 below the bars (80 % and 6 of 8).
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pincite.answers.candidates import candidates, over_pages
from pincite.answers.extractive import Extract, extract, texts_to_embed
from pincite.answers.spelling import respelt
from pincite.core import Scope
from pincite.core.words import is_stop_word
from pincite.gateway import StaticEmbedder
from pincite.guard import Block, BlockKind, DocumentReader, FileType, PageText
from pincite.guard.settings import GuardSettings
from pincite.index import Filter, Generation, Point
from pincite.index.adapters.lance import LanceIndex
from pincite.ingest.chunking import Chunker, ChunkingSettings, ChunkOwner
from pincite.ingest.points import title_of
from pincite.library import Passage
from pincite.retrieval import Evidence, Query, Retrieval

HANDBOOK = Path(__file__).parents[1] / "examples" / "handbook"
SCOPE = Scope("bench", "bench", roles=frozenset({"owner"}))
ANSWERABLE_BAR, DECLINED_BAR = 0.8, 0.75


@dataclass(frozen=True, slots=True)
class Case:
    """A question and the (document, page) places where its answer stands; none when the handbook does not say."""

    question: str
    places: frozenset[tuple[str, int]]


class Shelf:
    """The handbook in memory: what retrieval needs of the library."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.passages: dict[str, Passage] = {}
        self.pages: dict[tuple[str, int], str] = {}
        self.marks: dict[tuple[str, int], list[Block]] = {}

    async def active_generation(self, scope: Scope) -> Generation:
        return self.generation

    async def latest_version(self, scope: Scope) -> int:
        return 0

    async def document_languages(self, scope: Scope, within: Filter, limit: int) -> Sequence[str]:
        return ("en",)

    async def document_names(self, scope: Scope, within: Filter, limit: int) -> Sequence[tuple[str, str]]:
        return [(each, each) for each in sorted({passage.source for passage in self.passages.values()})]

    async def fast_tier(self, scope: Scope) -> None:
        """Return nothing: there is one build."""

    async def view(self, scope: Scope) -> Filter:
        return Filter(("handbook",))

    async def hydrate(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
        return {key: self.passages[key] for key in chunk_ids}

    async def stretches(
        self, scope: Scope, wanted: Sequence[tuple[str, int, int]]
    ) -> Mapping[tuple[str, int, int], Passage]:
        return {}

    async def reading(self, scope: Scope, within: Filter) -> Sequence[str]:
        return ()


class Handbook:
    """Answers questions about a folder of files."""

    def __init__(self, place: str, *, as_typed: bool = False) -> None:
        self._as_typed = as_typed
        self.embedder = StaticEmbedder()
        self.shelf = Shelf(Generation("handbook", self.embedder.model_id, self.embedder.dimensions))
        self._index = LanceIndex(place)
        self._retrieval = Retrieval(self.shelf, self._index, self.embedder)

    async def read(self, folder: Path) -> None:
        reader = DocumentReader(GuardSettings())
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            file_type = await reader.sniff(path, path.name)
            pages = [page async for batch in reader.read(path, file_type) for page in batch.pages]
            await self._add(path.name, file_type, pages)
        await reader.close()
        await self._index.maintain(SCOPE, self.shelf.generation)

    async def _add(self, source: str, file_type: FileType, pages: Sequence[PageText]) -> None:
        owner = ChunkOwner(source, source, "handbook")
        count = self.embedder.count_tokens
        chunker = Chunker(owner, ChunkingSettings(), count=count, flowing=file_type is FileType.PDF)
        chunks = [chunk for page in pages for chunk in chunker.add(page)] + chunker.finish()
        self.shelf.pages.update({(source, page.number): page.text for page in pages})
        self.shelf.marks.update({(source, page.number): _marks(page) for page in pages})
        self.shelf.passages.update({chunk.id: Passage(chunk, source) for chunk in chunks})
        titles = [title_of(source, chunk) for chunk in chunks]
        texts = [f"{title}\n{chunk.text}" for title, chunk in zip(titles, chunks, strict=True)]
        points = [
            Point(chunk.id, source, source, "handbook", title, chunk.text, vector, "en")
            for chunk, title, vector in zip(chunks, titles, await self.embedder.embed(SCOPE, texts), strict=True)
        ]
        await self._index.write(SCOPE, self.shelf.generation, points)

    async def ask(self, question: str) -> tuple[Extract, Evidence]:
        found, evidence = await self._ask(question)
        texts = [each.passage.chunk.text for each in evidence.passages]
        usual = self.embedder.usual_words
        meant = None if self._as_typed else respelt(question, texts, usual, guess=found.abstained)
        return (found, evidence) if meant is None else await self._ask(meant.question)

    async def _ask(self, question: str) -> tuple[Extract, Evidence]:
        evidence = await self._retrieval.find(SCOPE, Query(question))
        found = over_pages(candidates(evidence.passages, self.shelf.pages, self.shelf.marks))
        texts = texts_to_embed(question, found)
        vectors = dict(zip(texts, self.embedder.vectors(texts), strict=True))
        return extract(question, evidence.passages, found, vectors), evidence


def _marks(page: PageText) -> list[Block]:
    return [each for each in page.blocks if each.kind in {BlockKind.HEADING, BlockKind.MARGIN}]


def load(path: Path) -> list[Case]:
    return [_case(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _case(row: Mapping[str, Any]) -> Case:
    return Case(row["question"], frozenset((each["source"], int(each["page"])) for each in row["evidence"]))


def misspelt(question: str, chance: random.Random) -> str:
    """Return a question with one of its words spelt wrongly: one in small letters that says something."""
    places = [each for each in re.finditer(r"\b[a-z]{5,}\b", question) if not is_stop_word(each[0])]
    if not places:
        return question
    place = chance.choice(places)
    word, at = place[0], chance.randrange(1, len(place[0]) - 1)
    before, letter, behind = word[:at], word[at], word[at + 1 :]
    wrong = chance.choice([chance.choice("aeioust"), "", 2 * letter, behind[0] + letter])
    return (
        question[: place.start()]
        + before
        + wrong
        + behind[len(wrong) == 2 and wrong[0] != wrong[1] :]
        + question[place.end() :]
    )


async def measure(options: argparse.Namespace) -> tuple[float, float]:
    """Return the share of answerable questions with a right pin, and of unanswerable ones declined."""
    chance = random.Random(options.misspelt)
    right: list[bool] = []
    declined: list[bool] = []
    with tempfile.TemporaryDirectory() as place:
        handbook = Handbook(place, as_typed=options.as_typed)
        await handbook.read(options.files)
        for case in load(options.golden):
            question = case.question if options.misspelt is None else misspelt(case.question, chance)
            found, evidence = await handbook.ask(question)
            pins = [(evidence.passages[each.passage].passage.source, each.page) for each in found.sentences]
            good = bool(case.places.intersection(pins)) if case.places else found.abstained
            (right if case.places else declined).append(good)
            if options.verbose or not good:
                print(f"{'ok' if good else 'NO':<3}{found.confidence:.2f}  {question}  {sorted(case.places)}")
                for pin, each in zip(pins, found.sentences, strict=True):
                    print(f"       {each.score:.2f} {pin[0]} p{pin[1]}: {each.text[:100]!r}")
    print(f"right document and page among the pins: {sum(right)} of {len(right)}")
    print(f"unanswerable declined: {sum(declined)} of {len(declined)}")
    return sum(right) / max(1, len(right)), sum(declined) / max(1, len(declined))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", type=Path, default=HANDBOOK / "golden.jsonl")
    parser.add_argument("--files", type=Path, default=HANDBOOK / "files")
    parser.add_argument("--misspelt", type=int, metavar="SEED", help="spell a word of each question wrongly")
    parser.add_argument("--as-typed", action="store_true", help="read no word for another")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    answered, declined = asyncio.run(measure(options))
    return 0 if answered >= ANSWERABLE_BAR and declined >= DECLINED_BAR else 1


if __name__ == "__main__":
    sys.exit(main())
