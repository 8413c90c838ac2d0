"""Checks that every pin's quote stands verbatim where the pin says, by an independent reading of the file.

Asks twenty questions about the filings through `pincite ask --json` and opens the PDFs with pdfium itself. Needs a
data folder that holds the filings (`python -m bench.ingest --home DIR` leaves one).
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


def main() -> int:
    """Run the check; exit code 1 if a single quote is not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="data folder with the filings in it")
    arguments = parser.parse_args()
    data = Path(os.environ["PINCITE_BENCH_DATA"]) / "financebench"
    lines = (data / "questions.jsonl").read_text().splitlines()
    step = max(1, len(lines) // QUESTIONS)
    asked = [json.loads(line) for line in lines[::step]][:QUESTIONS]
    pins = wrong = abstained = right_page = 0
    for question in asked:
        answer = _ask(arguments.home, question["question"])
        abstained += answer["abstained"]
        spans = [span for pin in answer["pins"] for span in pin["spans"]]
        pins += len(spans)
        for span in spans:
            found = _read(data / "pdfs" / span["source"], span["page"])[span["start"] : span["end"]]
            if found != span["quote"] or not found.strip():
                wrong += 1
                print(f"WRONG {span['source']} p{span['page']} {span['quote'][:60]!r} / {found[:60]!r}")
        gold = {(item["doc"], item["page_index"] + 1) for item in question["evidence"]}
        right_page += any((Path(span["source"]).stem, span["page"]) in gold for span in spans)
    print(f"{len(asked)} questions, {abstained} abstained, {pins} spans, {pins - wrong} verbatim, {wrong} wrong; ")
    print(f"gold page among the pins: {right_page} of {len(asked)}")
    return 1 if wrong or not pins else 0


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
