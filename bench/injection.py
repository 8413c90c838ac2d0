"""Measures how many orders to a model that are planted in documents are told of, and how often honest text is.

BIPIA's attacks on text in its e-mails, at the beginning, amid and at the end; NotInject's look-alikes; pages of the
knowledge base and of 10-K filings. It is telemetry: nothing relies on what is found here.
"""

import argparse
import itertools
import json
import math
import os
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pypdfium2

from pincite.core.instructions import LIKELY, likeness

_MOST_CLEAN = 3_000
_CHARS = 3_000


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clean", type=int, default=_MOST_CLEAN, help="most clean pages of each kind")
    arguments = parser.parse_args()
    named = os.environ.get("PINCITE_BENCH_DATA")
    if not named:
        print("skipped: PINCITE_BENCH_DATA names no folder of public data sets")
        return 0
    data = Path(named)
    attacks = json.loads((data / "injection" / "bipia_text_attack_train.json").read_text())
    lines = (data / "injection" / "bipia_email_train.jsonl").read_text().splitlines()
    mails = [json.loads(line)["context"] for line in lines]
    print("| text | told of | of | share | 95 % |\n| --- | --- | --- | --- | --- |")
    every = list(itertools.chain(*attacks.values()))
    for place in ("begin", "amid", "end"):
        _row(f"BIPIA all, {place}", [_plant(mail, attack, place) for attack in every for mail in mails])
    for kind, those in attacks.items():
        _row(f"BIPIA {kind}, end", [_plant(mail, attack, "end") for attack in those for mail in mails])
    _row("BIPIA e-mails without an attack", mails)
    lookalikes: list[dict[str, Any]] = json.loads((data / "injection" / "NotInject_one.json").read_text())
    _row("NotInject look-alikes", [each["prompt"] for each in lookalikes])
    _row("pages of the knowledge base", list(itertools.islice(_articles(data / "kb" / "kb.tar.gz"), arguments.clean)))
    _row("pages of 10-K filings", list(itertools.islice(_filings(data / "financebench" / "pdfs"), arguments.clean)))
    return 0


def _plant(mail: str, attack: str, place: str) -> str:
    if place == "begin":
        return f"{attack}\n{mail}"
    if place == "end":
        return f"{mail}\n{attack}"
    middle = mail.find(" ", len(mail) // 2)
    return f"{mail[:middle]}\n{attack}\n{mail[middle:]}"


def _articles(packed: Path) -> Iterator[str]:
    with tarfile.open(packed) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and member.name.endswith((".md", ".txt", ".html", ".rst", ".json", ".jsonl")):
                text = file.read().decode("utf-8", "replace")
                yield from (text[at : at + _CHARS] for at in range(0, len(text), _CHARS))


def _filings(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.pdf")):
        pdf = pypdfium2.PdfDocument(path)
        yield from (str(page.get_textpage().get_text_range()) for page in pdf)
        pdf.close()


def _row(name: str, texts: Sequence[str]) -> None:
    told, count = sum(likeness(text) >= LIKELY for text in texts), len(texts)
    low, high = _wilson(told, count)
    print(f"| {name} | {told:,} | {count:,} | {told / max(count, 1):.3f} | {low:.3f} to {high:.3f} |", flush=True)


def _wilson(told: int, count: int) -> tuple[float, float]:
    """Return the interval of a share (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    share, z = told / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


if __name__ == "__main__":
    sys.exit(main())
