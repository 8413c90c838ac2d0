"""How evidence is found, as values that an evaluation varies one by one; where they are read is decided in `app`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """The read path's choices. The defaults are those that measured best with what ships.

    Args:
        lists: which rankings are fused: words and meaning, or one of them alone.
        fusion: convex combination of min-max scores, or reciprocal rank fusion.
        dense_weight: weight in 0..1 of the dense score; None takes the embedder's own.
        expand: whether instructions are left out of word search, and other names of what is asked for added.
        decompose: whether the parts of a question that has several are searched for apart, each getting its share.
        pairs: whether a question about two things ("in Norway and Portugal") is cut as well.
        feedback_words: how many words of the first passages are added to word search; 0 for none.
        written: what a chat model writes to search with, where there is one: a passage, more queries, or the questions
            that stand in one.
        written_timeout_s: longest wait for that.
        routing: how far, 0..1, codes and quoted words in a question take weight from the dense score.
        filter_figures: whether passages that hold every year and figure of the question stand before the others, where
            some do.
        filter_named: whether only the documents that a question names are searched, where that finds enough.
        name_weight: weight in 0..1 of a document's name fitting the question; 0 does not look at names.
        named_documents: how many of the documents that a question names are also searched apart.
        phrase_weight: what words that stand together add to a passage's score of 0..1.
        figure_weight: what figures add to a passage's score, where the question asks for some.
        title_weight: what the question's words in the document's name add to a passage's score of 0..1, beside what
            word search makes of them there.
        heading_weight: what its words in the headings above a passage add.
        same_from: similarity in 0..1 from which two passages count as saying the same; above 1 keeps both always.
        prefer_newest: whether what an older version of a document says stands after what the newest says to the same.
        document_penalty: what each passage shown of a document takes off the score of its next; 0 for nothing.
        neighbours: chunks that stand side by side and are shown to a model as one passage; 1 keeps all apart.
        widened: how many of the first of those passages get the chunk before and the chunk after.
        candidates: how many hits each ranking gives to the fusion.
        rerank_depth: how many fused passages a reranker sees, where there is one.
        rerank_skip_margin: the lead of the first score over the fifth that spares the reranker; None never does.
        rerank_timeout_s: longest wait for a reranker; its order is left out then.
        rerank_weight: weight in 0..1 of the reranker's score beside the fused one.
        strict: whether a search fails where a model did, which it does without otherwise: where quality is measured,
            the lack of a model would be taken for its quality.
    """

    lists: Literal["hybrid", "words", "meaning"] = "hybrid"
    fusion: Literal["convex", "rrf"] = "convex"
    dense_weight: float | None = None
    expand: bool = True
    decompose: bool = True
    pairs: bool = False
    feedback_words: int = 0
    written: Literal["passage", "queries", "parts"] | None = None
    written_timeout_s: float = 15.0
    routing: float = 0.0
    filter_figures: bool = False
    filter_named: bool = False
    name_weight: float = 0.5
    named_documents: int = 1
    phrase_weight: float = 0.1
    figure_weight: float = 0.2
    title_weight: float = 0.0
    heading_weight: float = 0.0
    same_from: float = 0.9
    prefer_newest: bool = True
    document_penalty: float = 0.0
    neighbours: int = 2
    widened: int = 0
    candidates: int = 100
    rerank_depth: int = 30
    rerank_skip_margin: float | None = None
    rerank_timeout_s: float = 10.0
    rerank_weight: float = 0.5
    strict: bool = False
