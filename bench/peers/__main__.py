"""Page recall, speed and memory of Pincite and of three peers' default pipelines, in one run.

    PINCITE_BENCH_DATA=/path/to/data python -m bench.peers [--all | --filings 8] [--systems NAME ...]

Reads FinanceBench's filings and questions. The MiniLM weights are those of the package `pincite-minilm`; every system
runs them on one thread a core. Peers are installed once, each in an environment of its own. The questions are those
whose evidence is in the chosen filings, asked to all of them in one collection.
"""

import argparse
import json
import os
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pincite_minilm
import pypdfium2 as pdfium

from bench.peers.contest import OURS, PEERS, Outcome, Question, Worker, compete
from pincite.evals.statistics import bootstrap, paired_difference


def read_questions(place: Path) -> list[Question]:
    """Return the labelled questions; evidence pages count from 0 in the file."""
    rows = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Question(row["question"], frozenset((f"{each['doc']}.pdf", each["page_index"] + 1) for each in row["evidence"]))
        for row in rows
    ]


def chosen(questions: Sequence[Question], filings: int) -> set[str]:
    """Return the names of the filings with the most questions, as many as asked for."""
    counts = Counter(name for question in questions for name in {name for name, _ in question.evidence})
    return set(sorted(counts, key=lambda name: (-counts[name], name))[:filings])


def table(outcomes: dict[str, Outcome], pages: int) -> list[str]:
    """Return the figures as a Markdown table; intervals are 95 %, differences are paired by question."""
    ours = [name for name in OURS if name in outcomes]
    heads = ["system", "page recall@5", *(f"{name} minus this" for name in ours)]
    heads += ["ms a question", "pages a second", "peak MB", "pieces", "characters"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for name, each in outcomes.items():
        recall = bootstrap(each.hits)
        cells = [name, f"{recall.mean:.2f} ({recall.low:.2f} to {recall.high:.2f})"]
        cells += ["" if one == name else _difference(outcomes[one], each) for one in ours]
        cells += [f"{statistics.median(each.query_ms):.0f}", f"{pages / each.ingest_s:.0f}", f"{each.peak_mb:.0f}"]
        cells += [f"{each.pieces:,}", f"{statistics.median(each.chars):,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _difference(one: Outcome, other: Outcome) -> str:
    found = paired_difference(one.hits, other.hits)
    return f"{found.mean:+.2f} ({found.low:+.2f} to {found.high:+.2f})"


def count_pages(files: Sequence[Path]) -> int:
    total = 0
    for file in files:
        document = pdfium.PdfDocument(file)
        total += len(document)
        document.close()
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filings", type=int, default=8, help="those with the most questions")
    parser.add_argument("--all", action="store_true", help="every filing")
    parser.add_argument("--systems", nargs="*", choices=[*OURS, *PEERS], default=[*OURS, *PEERS])
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "pincite-bench" / "peers")
    parser.add_argument("--json", type=Path, help="file for all that was measured, question by question")
    options = parser.parse_args()
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds financebench/.")
        return 2
    place = Path(data) / "financebench"
    questions = read_questions(place / "questions.jsonl")
    names = chosen(questions, len(questions) if options.all else options.filings)
    files = sorted(path for path in (place / "pdfs").glob("*.pdf") if options.all or path.name in names)
    asked = [each for each in questions if {name for name, _ in each.evidence} <= {path.name for path in files}]
    pages = count_pages(files)
    with ExitStack() as running:
        workers = [
            running.enter_context(Worker(name, pincite_minilm.folder(), options.environments))
            for name in options.systems
        ]
        compete(workers, files, asked)
    outcomes = {worker.name: worker.outcome for worker in workers}
    if options.json is not None:
        questioned = [{"question": each.text, "evidence": sorted(each.evidence)} for each in asked]
        measured = {name: asdict(outcome) for name, outcome in outcomes.items()}
        options.json.write_text(json.dumps({"pages": pages, "questions": questioned, "systems": measured}))
    print(f"{len(files)} filings, {pages} pages, {len(asked)} questions, {os.cpu_count()} cores\n")
    print("\n".join(table(outcomes, pages)))
    print()
    for name, outcome in outcomes.items():
        print(f"{name}: {', '.join(f'{package} {number}' for package, number in outcome.versions.items())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
