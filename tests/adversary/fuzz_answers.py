"""What of fuzzing concerns pins: a model's reply becomes text and sentences, sentences become claims on pages.

The model is the adversary: what it writes, and in which pieces, is anybody's.
"""

import asyncio
import re
from functools import cache
from itertools import pairwise

from hypothesis import strategies as st
from tests.adversary.cases import CUTS, Target, cut, pieces, stretched

from pincite.answers.candidates import candidates, over_pages
from pincite.answers.domain import Pin, Verdict
from pincite.answers.markers import MarkerStream, Sentence
from pincite.answers.pinning import Ground, Pinner
from pincite.answers.screening import Screen
from pincite.core import Scope
from pincite.core.sentences import sentence_spans
from pincite.gateway import StaticEmbedder
from pincite.library import Chunk, NamedPages, Passage
from pincite.retrieval import Evidence, ScoredPassage

SECRET = "sk-" + "aB3" * 12
RULES = "Every sentence of your answer ends with the number of the passage that supports it, like so and so on."
_MARKER = re.compile(r"[\[【]\s*\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\s*[\]】]")
_OF_MARKERS = re.compile(r"[\s\d,;–\-\[\]【】]")

_WRITTEN = pieces(
        "[", "]", "【", "】", "1", "12", "999", "[1]", " [2]", "[2, 3]", "[1]–[3]", "[1-4]", "[[1]]", "[1[2]3]",
        ", ", "; ",
        " - ", "–", " ", "\t", "\n", "\n\n", "\r\n", "٣", "²", "[٣]", "A fact is here", ". ", "! ", "。", "e.g. ", "- ",
        "Dogs travel free of charge", "| a | b |", "4.5", "[x]", "“", "”", ")", "(", "\u202e", "\u0301",
        "\u200b", "\ufffe",
        most=24,
)  # fmt: skip
_REPLIES = stretched(_WRITTEN, 1_500)


def streamed(some: list[str], screen: Screen | None = None) -> tuple[str, list[Sentence]]:
    """Return what is shown of a reply in pieces, and its sentences as they come."""
    stream, text, found = MarkerStream(screen), "", list[Sentence]()
    for piece in some:
        text += stream.feed(piece)
        found += stream.sentences()
    text += stream.finish()
    found += stream.sentences(final=True)
    assert text == stream.text
    return text, found


def _reply(case: tuple[str, list[int]]) -> None:
    reply, places = case
    text, found = streamed(cut(reply, places))
    assert (text, found) == streamed(list(reply) if len(reply) < 200 else [reply])
    assert not _MARKER.search(text)
    kept = iter(reply)
    assert all(char in kept for char in text), "what is shown stands in the reply, in its order"
    assert _OF_MARKERS.sub("", text) == _OF_MARKERS.sub("", reply), "nothing else is taken out"
    if not set(reply) & set("[【"):
        assert text == reply
    _in_order(text, found)
    for each in found:
        assert all(0 <= number <= 999 for number in each.numbers)
        assert len(set(each.numbers)) == len(each.numbers)


def _in_order(text: str, found: list[Sentence]) -> None:
    end = 0
    for each in found:
        assert end <= each.start < each.end <= len(text)
        assert not text[end : each.start].strip()
        assert text[each.start : each.end] == each.text == each.text.strip()
        end = each.end
    assert not text[end:].strip()


def _screened(case: tuple[str, list[int]]) -> None:
    """What is covered is the same wherever the reply is cut, and at no time is any of it shown."""
    reply, places = case

    def screen() -> Screen:
        return Screen([SECRET], RULES, "")

    text, found = streamed(cut(reply, places), screen())
    plain, _ = streamed([reply])
    assert (text, found) == streamed([reply], screen())
    assert SECRET not in text
    assert len(text) == len(plain)
    assert all(one in (other, "█") for one, other in zip(text, plain, strict=True))


_SCREENED = st.lists(
    st.sampled_from((SECRET, SECRET[:20], SECRET[20:], RULES, RULES[:50], RULES[50:], "[1]", " ", ". ", "pin_", "é"))
    | _WRITTEN,
    max_size=6,
).map("".join)


def _clean(text: str) -> str:
    """Replace what neither a page nor a reply holds any more when it comes here: halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()


_PAGES = st.lists(
    stretched(
        pieces(
            "Dogs travel free of charge", "Tickets cost 80 kroner", ". ", "\n", "\r\n", "\n\n", "Rate | Weeks",
            " | ", "1,577.0",
            "$4.5 million", "17:00", "not", "e.g.", "2024-02-30", "No. 5", "\ufffe", "\ufffd", "\u00ad", "é",
            "🚢", "٣", " ",
            "9" * 400, "May", "%", "(", "”", "。", "•", "\u202e", "\u2028", "\x1c", "\x0b", most=16,
        ),
        2_000,
    ).map(_clean),
    min_size=1,
    max_size=3,
)  # fmt: skip


def _passages(pages: list[str], places: list[int]) -> list[ScoredPassage]:
    """One passage for each page, and one that runs over all of them, each from somewhere on."""
    found: list[ScoredPassage] = []
    for at, (first, last) in enumerate([*((number, number) for number in range(len(pages))), (0, len(pages) - 1)]):
        start = (places[at % len(places)] if places else 0) % (len(pages[first]) + 1)
        text = "\n".join((pages[first][start:], *pages[first + 1 : last + 1]))
        chunk = Chunk(f"c{at}", "r", "d", "rules", at, text, (), first + 1, start, last + 1, len(pages[last]))
        found.append(ScoredPassage(Passage(chunk, "rules.md"), 0.9, None, None))
    return found


def _candidates(case: tuple[list[str], list[int]]) -> None:
    pages, places = case
    keys = {("r", number): text for number, text in enumerate(pages, 1)}
    found = candidates(_passages(pages, places), keys)
    for each in (*found, *(each.rest for each in over_pages(found) if each.rest is not None)):
        assert pages[each.page - 1][each.start : each.end] == each.text == each.text.strip()
        assert each.text
    for page in pages:
        spans = sentence_spans(page)
        assert all(0 <= one[0] < one[1] <= other[0] for one, other in pairwise([*spans, (len(page), len(page))]))
        covered = "".join(page[start:end] for start, end in spans)
        assert "".join(covered.split()) == "".join(page.split())


@cache
def _embedder() -> StaticEmbedder:
    return StaticEmbedder()


def _pins(case: tuple[list[str], list[int], str]) -> None:
    pages, places, reply = case
    keys = {("r", number): text for number, text in enumerate(pages, 1)}
    passages = _passages(pages, places)
    found = candidates(passages, keys)
    ground = Ground("What do tickets cost?", Evidence(tuple(passages)), found, NamedPages.unnamed(keys))
    text, sentences = streamed(cut(reply, places))
    pinner = Pinner(Scope("t", "u"), _embedder(), ground)
    pins = asyncio.run(_pinned(pinner, sentences))
    assert [pin.claim for pin in pins] == [(each.start, each.end) for each in sentences]
    named = [number for each in sentences for number in each.numbers]
    assert pinner.dropped == sum(not 0 < number <= len(passages) for number in named)
    for pin in pins:
        assert text[slice(*pin.claim)].strip()
        assert 0 <= pin.score <= 1
        assert (pin.verdict is Verdict.UNSUPPORTED) == (not pin.spans)
        assert not pin.corrected or pin.spans
        for span in pin.spans:
            assert 0 <= span.start < span.end <= len(pages[span.page - 1])
            assert pages[span.page - 1][span.start : span.end] == span.quote


async def _pinned(pinner: Pinner, sentences: list[Sentence]) -> list[Pin]:
    return [await pinner.pin(each) for each in sentences]


_CLAIMS = pieces(
    "Dogs travel free of charge", "Tickets cost 80 kroner", "Tickets do not cost 81 kroner", " and ", "; ",
    ". ", "[1]", "[2]",
    "[9]", "1.5 million", "9" * 400, " thousand", "17:00", "5 pm", "May", "3rd", "$", "%", "n't", "’s", "٣",
    "\u0301", "é", "\n",
    "- ", "(see passage 2)", "**", "🚢", "\u202e", most=12,
)  # fmt: skip

TARGETS: dict[str, Target] = {
    "replies of models": Target(st.tuples(_REPLIES, CUTS), _reply),
    "what replies may not say": Target(st.tuples(_SCREENED, CUTS), _screened),
    "sentences of pages": Target(st.tuples(_PAGES, CUTS), _candidates),
    "pins": Target(st.tuples(_PAGES, CUTS, _CLAIMS.map(_clean)), _pins),
}
