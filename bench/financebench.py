"""FinanceBench's questions to all its filings in one collection: is the evidence's page among the first ten?

    PINCITE_BENCH_DATA=/path/to/data python -m bench.financebench [--config CONFIG ...] [more options of `eval run`]

Writes the questions as a golden set, pages counted from 1 and question types as strata, and runs `pincite eval run` on
it; the filings are read into a data folder of their own under PINCITE_HOME, once.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def golden_lines(questions: Path) -> list[str]:
    """Return the cases, one JSON object a line."""
    rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        json.dumps(
            {
                "id": row["id"],
                "question": row["question"],
                "answer": row["answer"],
                "evidence": [
                    {"source": f"{each['doc']}.pdf", "page": each["page_index"] + 1} for each in row["evidence"]
                ],
                "tags": [row["type"]],
            }
        )
        for row in rows
    ]


def main() -> int:
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds financebench/.")
        return 2
    place = Path(data) / "financebench"
    with tempfile.TemporaryDirectory() as folder:
        golden = Path(folder) / "financebench.jsonl"
        golden.write_text("\n".join(golden_lines(place / "questions.jsonl")) + "\n", encoding="utf-8")
        command = [str(Path(sys.executable).parent / "pincite"), "eval", "run", str(golden)]
        command += ["--files", str(place / "pdfs"), *sys.argv[1:]]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
