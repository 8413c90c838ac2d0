"""Documents that disagree (RAMDocs): does the answer without a model pin both sides, and is it silent when they agree?

    PINCITE_BENCH_DATA=/path/to/data python -m bench.conflicts [-v]

Each question comes with its documents, which are given to the extractive answerer as they are; retrieval is not
measured. Both sides: the pinned sentences hold two different labelled answers. Said: the answer says that the documents
disagree. False alarm: it says so though only documents with one and the same answer were given.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pincite.answers.candidates import candidates
from pincite.answers.conflicts import JUDGED
from pincite.answers.extractive import Extract, extract, texts_to_embed
from pincite.answers.question_kind import analyse
from pincite.evals.figures import contains_answer
from pincite.evals.statistics import bootstrap
from pincite.gateway import StaticEmbedder
from pincite.library import Chunk, Passage
from pincite.retrieval import ScoredPassage

Document = Mapping[str, Any]


def main() -> int:
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds conflict/.")
        return 2
    lines = (Path(data) / "conflict" / "ramdocs_dev.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    embedder = StaticEmbedder()
    for name, wanted in (("all", None), ("a figure or time asked for", True)):
        some = [row for row in rows if wanted is None or analyse(row["question"]).wants in JUDGED]
        _report(name, some, embedder)
    return 0


def _report(name: str, rows: Sequence[Mapping[str, Any]], embedder: StaticEmbedder) -> None:
    both: list[float] = []
    said: list[float] = []
    alarms: list[float] = []
    for row in rows:
        alarms += _alarms(row, embedder)
        known = [each for each in row["documents"] if each["answer"] != "unknown"]
        answers = {each["answer"] for each in known}
        if len(answers) >= 2:
            found = _asked(row["question"], row["documents"], embedder)
            held = [answer for answer in answers if any(contains_answer(each.text, answer) for each in found.sentences)]
            both.append(float(len(held) >= 2))
            said.append(float(found.conflict))
    print(f"\n{name}: {len(both)} questions with documents that disagree, {len(alarms)} groups that agree")
    for what, values in (("both sides pinned", both), ("says that they disagree", said), ("false alarms", alarms)):
        found_share = bootstrap(values)
        print(f"  {what:<24} {found_share.mean:.3f} ({found_share.low:.3f} to {found_share.high:.3f})")


def _alarms(row: Mapping[str, Any], embedder: StaticEmbedder) -> list[float]:
    """Whether the answer speaks of a conflict, for each group of two or more documents with one labelled answer."""
    groups: dict[str, list[Document]] = {}
    for each in row["documents"]:
        if each["answer"] != "unknown":
            groups.setdefault(each["answer"], []).append(each)
    asked = [_asked(row["question"], group, embedder) for group in groups.values() if len(group) >= 2]
    for found in asked:
        if found.conflict and "-v" in sys.argv:
            print("alarm", row["question"], [each.text[:150] for each in found.sentences])
    return [float(found.conflict) for found in asked]


def _asked(question: str, documents: Sequence[Document], embedder: StaticEmbedder) -> Extract:
    passages = [_passage(place, each["text"]) for place, each in enumerate(documents)]
    found = candidates(passages, {})
    texts = texts_to_embed(question, found)
    vectors = dict(zip(texts, embedder.vectors(texts), strict=True))
    made = extract(question, passages, found, vectors)
    return made if made.sentences else Extract(made.nearest, abstained=True, confidence=made.confidence)


def _passage(place: int, text: str) -> ScoredPassage:
    name = f"document {'abcdefghijklmnopqrstuvwxyz'[place % 26]}"
    chunk = Chunk(name, name, name, "c", 0, text, (), 1, 0, 1, len(text))
    return ScoredPassage(Passage(chunk, name), 1.0 - place / 100, None, None)


if __name__ == "__main__":
    sys.exit(main())
