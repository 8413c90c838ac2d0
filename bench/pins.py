"""Checks that every pin's quote stands verbatim where the pin says, by an independent reading of the file.

Asks twenty of the labelled questions and twenty plain ones about the filings through `pincite ask --json` and opens
the PDFs with pdfium itself. Needs a data folder with the filings in it; `python -m bench.ingest --home DIR` leaves one.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

QUESTIONS = 20
PLAIN = (
    "What was the net income of {company} in {year}?",
    "How many employees does {company} have?",
    "Where are the principal executive offices of {company}?",
    "What were the total revenues of {company} in {year}?",
)


def main() -> int:
    """Run the check; exit code 1 if a single quote is not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="data folder with the filings in it")
    arguments = parser.parse_args()
    data = Path(os.environ["PINCITE_BENCH_DATA"]) / "financebench"
    lines = (data / "questions.jsonl").read_text().splitlines()
    labelled = [json.loads(line) for line in lines[:: max(1, len(lines) // QUESTIONS)]][:QUESTIONS]
    gold = {each["question"]: {(e["doc"], e["page_index"] + 1) for e in each["evidence"]} for each in labelled}
    wrong = _check(arguments.home, data, "labelled", list(gold), gold)
    wrong += _check(arguments.home, data, "plain", _plain(data), {})
    return 1 if wrong else 0


def _check(home: Path, data: Path, name: str, questions: list[str], gold: dict[str, set[tuple[str, int]]]) -> int:
    pins = wrong = abstained = right_page = 0
    for question in questions:
        answer = _ask(home, question)
        abstained += answer["abstained"]
        spans = [span for pin in answer["pins"] for span in pin["spans"]]
        pins += len(spans)
        for span in spans:
            found = _read(data / "pdfs" / span["source"], span["page"])[span["start"] : span["end"]]
            if found != span["quote"] or not found.strip():
                wrong += 1
                print(f"WRONG {span['source']} p{span['page']} {span['quote'][:60]!r} / {found[:60]!r}")
        right_page += any((Path(span["source"]).stem, span["page"]) in gold.get(question, ()) for span in spans)
    print(f"{name}: {len(questions)} questions, {abstained} declined, {pins} quotes, {pins - wrong} verbatim")
    if gold:
        print(f"{name}: the labelled page is among the pins of {right_page}")
    return wrong


def _plain(data: Path) -> list[str]:
    names = sorted(path.stem for path in (data / "pdfs").glob("*.pdf"))[:QUESTIONS]
    parts = [name.split("_") for name in names]
    return [PLAIN[n % len(PLAIN)].format(company=part[0], year=part[1][:4]) for n, part in enumerate(parts)]


def _ask(home: Path, question: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "pincite.app.cli", "ask", "--json", question]
    environment = {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _read(path: Path, page: int) -> str:
    document = pdfium.PdfDocument(path)
    try:
        text: str = document[page - 1].get_textpage().get_text_range()
        return text
    finally:
        document.close()


if __name__ == "__main__":
    sys.exit(main())
