"""Questions of two parts, made of pairs of the handbook's or FinanceBench's: are the pages of both found?

    [PINCITE_BENCH_DATA=/path/to/data] python -m bench.multipart [--config CONFIG ...] [more options of `eval run`]

Without PINCITE_BENCH_DATA the pairs are the handbook's, else FinanceBench's, with all filings in one collection.

Each pair asks about two documents, once as two sentences and once joined by "and". Writes a golden set whose cases have
both pages, and runs `pincite eval run` on it: recall at ten is the share of the two pages that are found.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.financebench import golden_lines as financebench_lines

_HANDBOOK = Path(__file__).resolve().parent.parent / "examples" / "handbook"
_PAIRS = 60
_SEED = 20_261_121


def golden_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Return the cases, one JSON object a line."""
    rows = [row for row in rows if row.get("evidence") and row["question"].rstrip().endswith("?")]
    chosen = random.Random(_SEED)
    lines: list[str] = []
    while len(lines) < 2 * _PAIRS:
        one, other = chosen.sample(rows, 2)
        if one["evidence"][0]["source"] == other["evidence"][0]["source"]:
            continue
        joint = f"{one['question'].rstrip(' ?')}, and {_lower(other['question'])}"
        for name, question in (("sentences", f"{one['question']} {other['question']}"), ("and", joint)):
            lines.append(json.dumps(_case(f"{len(lines)}", question, name, (one, other))))
    return lines


def main() -> int:
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        made = (_HANDBOOK / "golden.jsonl").read_text(encoding="utf-8").splitlines()
        files = _HANDBOOK / "files"
    else:
        made = financebench_lines(Path(data) / "financebench" / "questions.jsonl")
        files = Path(data) / "financebench" / "pdfs"
    with tempfile.TemporaryDirectory() as folder:
        golden = Path(folder) / "multipart.jsonl"
        lines = golden_lines([json.loads(line) for line in made if line.strip()])
        golden.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [str(Path(sys.executable).parent / "pincite"), "eval", "run", str(golden), "--retrieval-only"]
        given = [] if "--config" in sys.argv else ["--config", "decompose=false", "--config", "default"]
        command += ["--files", str(files), *given, *sys.argv[1:]]
        return subprocess.run(command, check=False).returncode


def _lower(question: str) -> str:
    return question if question[:2].isupper() else question[0].lower() + question[1:]


def _case(name: str, question: str, tag: str, pair: tuple[Any, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "question": question,
        "answer": " ".join(str(each.get("answer", "")) for each in pair),
        "evidence": [{"source": each["evidence"][0]["source"], "page": each["evidence"][0]["page"]} for each in pair],
        "tags": [tag],
    }


if __name__ == "__main__":
    sys.exit(main())
