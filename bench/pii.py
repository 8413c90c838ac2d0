"""Measures how much personal data is found, kind by kind, on a public set of labelled sentences; and how fast.

    PINCITE_BENCH_DATA=/path/to/data python -m bench.pii

The set is `pii/synth_dataset_v2.json`, 1,500 texts of the Presidio evaluator. *Structured* are the labels whose values
have a form of their own; of names, places and jobs nothing is claimed, and postal codes have no form that tells them
from other numbers. Found is a value of which every character is in findings. The checksums of the set's cards and IBANs
are tried too: where they were wrong, a finder by checksum could not be held to them.
"""

import argparse
import json
import math
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pincite.privacy import Finding, Kind, find
from pincite.privacy.checksums import iban, luhn

STRUCTURED = {
    "CREDIT_CARD": Kind.CARD,
    "IBAN_CODE": Kind.IBAN,
    "US_SSN": Kind.SSN,
    "US_DRIVER_LICENSE": Kind.LICENCE,
    "PHONE_NUMBER": Kind.PHONE,
    "EMAIL_ADDRESS": Kind.EMAIL,
    "IP_ADDRESS": Kind.IP,
    "DOMAIN_NAME": Kind.URL,
}
_CHECKS: dict[str, Callable[[str], bool]] = {"CREDIT_CARD": luhn, "IBAN_CODE": lambda value: iban(value.upper())}
_Z = 1.96
_PAGE = 3_000


@dataclass
class Tally:
    """What was labelled and found of one kind."""

    labelled: int = 0
    valid: int = 0
    found: int = 0
    found_as_such: int = 0
    findings: int = 0
    right: int = 0
    missed: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])


def main() -> int:
    """Print a line a kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print what was missed and what was found wrongly")
    options = parser.parse_args()
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds pii/.")
        return 2
    texts = read(Path(data))
    tallies = measured(texts)
    head = f"{'kind':<20}{'values':>7}{'valid':>7}{'found':>7}{'recall':>8}  {'95 %':<14}{'findings':>9}"
    print(f"{head}{'precision':>10}  95 %")
    for label, tally in [*tallies.items(), ("all", total(tallies.values()))]:
        recall, precision = (tally.found, tally.labelled), (tally.right, tally.findings)
        valid = tally.valid if label in _CHECKS else "-"
        print(
            f"{label:<20}{tally.labelled:>7}{valid:>7}{tally.found:>7}{_share(*recall):>8}  {_range(*recall):<14}"
            f"{tally.findings:>9}{_share(*precision):>10}  {_range(*precision)}"
        )
        if options.show:
            print(*(f"    missed {each!r}" for each in tally.missed), sep="\n")
            print(*(f"    wrong {each!r}" for each in tally.wrong), sep="\n")
    whole = "\n".join(text for text, _ in texts)
    print(f"{speed(whole):.1f} MB a second on these texts, {speed(_prose()):.1f} on our own documentation, by one core")
    return 0


def read(data: Path) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """Return (text, [(label, start, end), ...]) of each."""
    rows: list[dict[str, Any]] = json.loads((data / "pii" / "synth_dataset_v2.json").read_text())
    return [
        (
            row["full_text"],
            [(span["entity_type"], span["start_position"], span["end_position"]) for span in row["spans"]],
        )
        for row in rows
    ]


def measured(texts: Sequence[tuple[str, Sequence[tuple[str, int, int]]]]) -> dict[str, Tally]:
    """Return a tally for each structured label; kinds without a label (dates of birth, keys) are in none."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    by_kind = {kind: label for label, kind in STRUCTURED.items()}
    for text, labels in texts:
        findings = find(text)
        for label, start, end in labels:
            if label in STRUCTURED:
                _labelled(tallies[label], label, (text, start, end), findings)
        for each in findings:
            if each.kind in by_kind:
                tally = tallies[by_kind[each.kind]]
                right = any(
                    STRUCTURED.get(label) is each.kind and start < each.end and each.start < end
                    for label, start, end in labels
                )
                tally.findings += 1
                tally.right += right
                tally.wrong += [] if right else [text[each.start : each.end]]
    return dict(sorted(tallies.items()))


def _labelled(tally: Tally, label: str, where: tuple[str, int, int], findings: Sequence[Finding]) -> None:
    text, start, end = where
    over = [each for each in findings if each.start < end and each.end > start]
    covered = sum(min(each.end, end) - max(each.start, start) for each in over)
    tally.labelled += 1
    tally.valid += _CHECKS.get(label, bool)(text[start:end])
    tally.found += covered == end - start
    tally.found_as_such += any(each.kind is STRUCTURED[label] for each in over)
    tally.missed += [] if covered == end - start else [text[start:end]]


def total(tallies: Iterable[Tally]) -> Tally:
    """Return all tallies as one."""
    whole = Tally()
    for each in tallies:
        whole.labelled += each.labelled
        whole.valid += each.valid
        whole.found += each.found
        whole.found_as_such += each.found_as_such
        whole.findings += each.findings
        whole.right += each.right
    return whole


def _share(some: int, of: int) -> str:
    return f"{some / of:.3f}" if of else "-"


def _range(some: int, of: int) -> str:
    """Wilson's interval: it holds for shares near 1 and few values."""
    if not of:
        return "-"
    share, spread = some / of, _Z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return f"{max(0.0, middle - half):.3f}-{min(1.0, middle + half):.3f}"


def speed(text: str) -> float:
    """Return megabytes (of UTF-8) a second, page by page as documents are read: the best of three runs."""
    pages = [text[start : start + _PAGE] for start in range(0, len(text), _PAGE)]
    best = math.inf
    for _ in range(3):
        began = time.process_time()
        for page in pages:
            find(page)
        best = min(best, time.process_time() - began)
    return len(text.encode()) / 1e6 / best


def _prose() -> str:
    docs = Path(__file__).resolve().parent.parent / "docs"
    return "\n".join(path.read_text() for path in sorted(docs.rglob("*.md")))


if __name__ == "__main__":
    sys.exit(main())
