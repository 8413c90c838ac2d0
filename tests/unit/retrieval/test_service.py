"""From a question to evidence, on the in-memory index and a small library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from pincite.core import InvalidInput, Scope
from pincite.gateway import StaticEmbedder
from pincite.index import FastTier, Filter, Generation, Point
from pincite.index.adapters.memory import MemoryIndex
from pincite.library import Chunk, Passage
from pincite.retrieval import MAX_QUESTION_CHARS, Query, QuestionTooLong, Retrieval, RetrievalSettings

SCOPE = Scope(tenant="acme", user="ann")
TEXTS = {
    "k1": ("d1", "c1", "Unused days of annual leave are carried over into the next year until April."),
    "k2": ("d1", "c1", "The service desk exchanges a broken laptop on the same day."),
    "k3": ("d2", "c1", "The hotel limit in London is 190 pounds a night."),
    "k4": ("d3", "c2", "The hotel limit in Oslo is 2,100 kroner a night."),
}


@dataclass
class SmallLibrary:
    """What retrieval needs of the library, over a dictionary."""

    generation: Generation | None
    collections: tuple[str, ...] = ("c1", "c2")
    hidden: set[str] = field(default_factory=set[str])
    fast: FastTier | None = None
    names: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    version: int = 1
    names_read: int = 0

    async def active_generation(self, scope: Scope) -> Generation | None:
        return self.generation

    async def fast_tier(self, scope: Scope) -> FastTier | None:
        return self.fast

    async def view(self, scope: Scope) -> Filter:
        return Filter(tuple(self.collections))

    async def hydrate(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
        found: dict[str, Passage] = {}
        for key in chunk_ids:
            if key not in self.hidden:
                document, collection, text = ALL[key]
                found[key] = Passage(Chunk(key, "r", document, collection, 0, text, (), 1, 0, 1, len(text)), "a.txt")
        return found

    async def latest_version(self, scope: Scope) -> int:
        return self.version

    async def document_languages(self, scope: Scope, within: Filter, limit: int) -> Sequence[str]:
        return ("en",)

    async def document_names(self, scope: Scope, within: Filter, limit: int) -> Sequence[tuple[str, str]]:
        self.names_read += 1
        return [(key, source) for key, (source, collection) in self.names.items() if collection in within.collections]

    async def stretches(
        self, scope: Scope, wanted: Sequence[tuple[str, int, int]]
    ) -> Mapping[tuple[str, int, int], Passage]:
        return {}

    async def reading(self, scope: Scope, within: Filter) -> Sequence[str]:
        return ("slow.pdf",) if "c1" in within.collections else ()


ALL = {
    **TEXTS,
    **{f"x{number}": ("d9", "c1", f"The hotel limit in town {number} is {number} pounds.") for number in range(40)},
}


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder()


@pytest.fixture
def generation(embedder: StaticEmbedder) -> Generation:
    return Generation("g1", embedder.model_id, embedder.dimensions)


async def filled(embedder: StaticEmbedder, generation: Generation, texts: Mapping[str, tuple[str, str, str]]):
    index = MemoryIndex()
    for key, (document, collection, text) in texts.items():
        vector = embedder.vectors([text])[0]
        await index.write(SCOPE, generation, [Point(key, document, "r", collection, "a.txt", text, vector)])
    return index


def ids(evidence: object) -> list[str]:
    return [each.passage.chunk.id for each in evidence.passages]  # type: ignore[attr-defined]


async def test_the_passage_that_answers_comes_first(embedder: StaticEmbedder, generation: Generation):
    retrieval = Retrieval(SmallLibrary(generation), await filled(embedder, generation, TEXTS), embedder)
    evidence = await retrieval.find(SCOPE, Query("Is leave carried over?", limit=2))
    assert ids(evidence)[0] == "k1"
    assert len(ids(evidence)) <= 2
    (best, *_) = evidence.passages
    assert best.score == pytest.approx(1.0)
    assert best.bm25 is not None
    assert best.cosine is not None
    assert set(evidence.timings_ms) >= {"names", "embed", "search", "hydrate", "rescore", "select"}
    assert evidence.reading == ("slow.pdf",)


async def test_a_question_without_a_word_in_common_is_found_by_meaning(
    embedder: StaticEmbedder, generation: Generation
):
    retrieval = Retrieval(SmallLibrary(generation), await filled(embedder, generation, TEXTS), embedder)
    assert ids(await retrieval.find(SCOPE, Query("repair computers", limit=1))) == ["k2"]


async def test_only_visible_collections_are_searched(embedder: StaticEmbedder, generation: Generation):
    index = await filled(embedder, generation, TEXTS)
    sees_c1 = Retrieval(SmallLibrary(generation, collections=("c1",)), index, embedder)
    assert "k4" not in ids(await sees_c1.find(SCOPE, Query("hotel limit in Oslo")))
    assert ids(await sees_c1.find(SCOPE, Query("hotel limit", collections=("c2",)))) == []
    sees_all = Retrieval(SmallLibrary(generation), index, embedder)
    assert ids(await sees_all.find(SCOPE, Query("hotel limit", collections=("c2",)))) == ["k4"]
    assert ids(await sees_all.find(SCOPE, Query("hotel limit", documents=("d2",)))) == ["k3"]


async def test_hits_that_the_library_does_not_hydrate_are_made_up_for(embedder: StaticEmbedder, generation: Generation):
    library = SmallLibrary(generation, hidden={f"x{number}" for number in range(37)})
    retrieval = Retrieval(library, await filled(embedder, generation, ALL), embedder)
    evidence = await retrieval.find(SCOPE, Query("hotel limit in town", limit=3))
    assert len(evidence.passages) == 3
    assert not library.hidden.intersection(ids(evidence))


async def test_vectors_of_another_model_are_left_out(embedder: StaticEmbedder):
    other = Generation("g1", "another-model", embedder.dimensions)
    retrieval = Retrieval(SmallLibrary(other), await filled(embedder, other, TEXTS), embedder)
    evidence = await retrieval.find(SCOPE, Query("hotel limit in London"))
    assert ids(evidence)[0] == "k3"
    assert all(each.cosine is None for each in evidence.passages)


async def test_nothing_indexed_is_no_evidence(embedder: StaticEmbedder, generation: Generation):
    nothing = Retrieval(SmallLibrary(None), MemoryIndex(), embedder)
    assert (await nothing.find(SCOPE, Query("hotel"))).passages == ()
    unseen = Retrieval(SmallLibrary(generation, collections=()), await filled(embedder, generation, TEXTS), embedder)
    assert (await unseen.find(SCOPE, Query("hotel"))).passages == ()


@pytest.mark.parametrize("text", ["", " \n\t "])
async def test_a_blank_question_is_refused(embedder: StaticEmbedder, generation: Generation, text: str):
    with pytest.raises(InvalidInput, match="empty"):
        await Retrieval(SmallLibrary(generation), MemoryIndex(), embedder).find(SCOPE, Query(text))


async def test_a_question_that_is_too_long_is_refused_with_the_limit(embedder: StaticEmbedder, generation: Generation):
    retrieval = Retrieval(SmallLibrary(generation), await filled(embedder, generation, TEXTS), embedder)
    await retrieval.find(SCOPE, Query("x" * MAX_QUESTION_CHARS))
    with pytest.raises(QuestionTooLong, match="4,000") as refused:
        await retrieval.find(SCOPE, Query("hotel " * 20_000))
    assert refused.value.code == "question-too-long"
    assert refused.value.remedy


async def test_the_document_that_the_question_names_is_searched_apart(
    embedder: StaticEmbedder, generation: Generation
) -> None:
    index = await filled(embedder, generation, ALL)
    library = SmallLibrary(generation, names={"d3": ("oslo-guide.pdf", "c2"), "d9": ("towns.pdf", "c1")})
    question = "What is the hotel limit for a night according to the Oslo guide?"
    found = await Retrieval(library, index, embedder).find(SCOPE, Query(question, limit=3))
    assert ids(found)[0] == "k4"
    assert all(0 <= each.score <= 1 for each in found.passages)
    narrowed = await Retrieval(library, index, embedder).find(SCOPE, Query(question, limit=3, collections=("c1",)))
    assert "k4" not in ids(narrowed)


async def test_names_are_read_again_only_when_something_changed(
    embedder: StaticEmbedder, generation: Generation
) -> None:
    index = await filled(embedder, generation, TEXTS)
    library = SmallLibrary(generation, names={"d3": ("oslo-guide.pdf", "c2")})
    retrieval = Retrieval(library, index, embedder)
    for _ in range(3):
        await retrieval.find(SCOPE, Query("hotel limit"))
    assert library.names_read == 1
    # Another asker may see other documents: nothing is shared between two of them.
    await retrieval.find(Scope(SCOPE.tenant, "somebody-else"), Query("hotel limit"))
    assert library.names_read == 2


async def test_names_may_be_left_out(embedder: StaticEmbedder, generation: Generation) -> None:
    index = await filled(embedder, generation, TEXTS)
    library = SmallLibrary(generation, names={"d3": ("oslo-guide.pdf", "c2")})
    await Retrieval(library, index, embedder, RetrievalSettings(name_weight=0.0)).find(SCOPE, Query("hotel limit"))
    assert library.names_read == 0


async def test_each_part_of_a_question_has_its_share(embedder: StaticEmbedder, generation: Generation) -> None:
    library, index = SmallLibrary(generation), await filled(embedder, generation, ALL)
    question = Query("What is the hotel limit in town 7, and how is a broken laptop exchanged?", limit=3)
    parts = Retrieval(library, index, embedder, RetrievalSettings(decompose=True))
    assert ids(await parts.find(SCOPE, question))[:2] == ["x7", "k2"]
    found = await parts.find(SCOPE, Query(question.text, limit=50))
    assert len(found.passages) == len(set(ids(found)))
    assert set(ids(found)) >= {"k3", "k4", "x1", "x39"}, "what the whole question finds comes too"
