"""Measures reading of real and hostile files: every file of PINCITE_BENCH_DATA/files through the real reader.

Each is read, or refused with a sentence that says why; a parser that dies, runs over its limits or loses a tenth of the
expected words fails the measurement. Expected texts are the collections' own, and the encodings that folders name.
"""

import argparse
import asyncio
import codecs
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pincite.guard import DocumentReader, ParserCrashed, UnreadableDocument, UnsupportedType
from pincite.guard.settings import GuardSettings

_RECALL = 0.9
_SKIPPED = frozenset({"source.md", "readme.txt", "readme.md"})
_WORD = re.compile(r"\w+")
_MARKUP = re.compile(r"<!--.*?-->|!?\[([^\]]*)\]\([^)]*\)|<[^>]+>|&\w+;|\\", re.DOTALL)
_UNFORESEEN = "The file is damaged and cannot be read."


@dataclass(slots=True)
class Tally:
    """What became of the files of one format; `unforeseen` are refusals that only the last net caught."""

    read: int = 0
    refused: int = 0
    unforeseen: int = 0
    crashed: int = 0
    wrong: int = 0
    compared: int = 0
    pages: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    recalls: list[float] = field(default_factory=list[float])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: `state` is read, refused, unforeseen or crashed; `recall` of expected words in 0..1."""

    format: str
    state: str
    said: str
    pages: int
    seconds: float
    recall: float | None


def main() -> int:
    """Read every file and print a table by format; exit code 1 when one crashed, hung or lost text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only files whose path holds this")
    parser.add_argument("--verbose", action="store_true", help="name every file that was refused, too")
    arguments = parser.parse_args()
    root = Path(os.environ["PINCITE_BENCH_DATA"]) / "files"
    files = [path for path in _files(root) if arguments.only in str(path)]
    return asyncio.run(_measure(root, files, verbose=arguments.verbose))


def _files(root: Path) -> list[Path]:
    """Everything but the collections' descriptions and what is expected of their files."""
    expected = {"groundtruth", "expected_outputs", "expected-structured-output"}
    every = sorted(path for path in root.rglob("*") if path.is_file())
    return [
        path
        for path in every
        if path.name.casefold() not in _SKIPPED and not expected & set(path.relative_to(root).parts)
    ]


async def _measure(root: Path, files: list[Path], *, verbose: bool) -> int:
    reader = DocumentReader(GuardSettings(batch_time_limit_s=30, time_limit_s=60, children=1, viewers=1))
    tallies: dict[str, Tally] = defaultdict(Tally)
    try:
        for path in files:
            outcome = await _read(reader, path)
            _count(tallies[outcome.format], outcome)
            lost = outcome.recall is not None and outcome.recall < _RECALL
            if verbose or lost or outcome.state in {"crashed", "unforeseen"}:
                found = f" {outcome.recall:.2f} of the words" if outcome.recall is not None else ""
                print(f"{outcome.state}{found}: {path.relative_to(root)} ({outcome.seconds:.1f} s) {outcome.said}")
    finally:
        await reader.close()
    _print(tallies)
    return 1 if any(tally.crashed or tally.wrong for tally in tallies.values()) else 0


async def _read(reader: DocumentReader, path: Path) -> Outcome:
    began = time.perf_counter()
    named, state, said = path.suffix.casefold().lstrip(".") or "none", "read", ""
    texts: list[str] = []
    try:
        file_type = await reader.sniff(path, path.name)
        named = file_type.value
        async for batch in reader.read(path, file_type):
            texts += [page.text for page in batch.pages]
    except ParserCrashed as error:
        state, said = "crashed", error.message
    except (UnreadableDocument, UnsupportedType) as error:
        state, said = "unforeseen" if error.message == _UNFORESEEN else "refused", error.message
    seconds = time.perf_counter() - began
    expected = _expected(path, named) if state == "read" else None
    recall = _recall(expected, "\n".join(texts)) if expected else None
    return Outcome(named, state, said, len(texts), seconds, recall)


def _expected(path: Path, named: str) -> str | None:
    """Return the text that a file should yield, where its collection says so."""
    for beside in (path.parent, path.parent.parent):
        for name in (f"{path.name}.md", f"{path.stem}.md"):
            found = beside / "groundtruth" / name
            if found.is_file():
                return _MARKUP.sub(r" \1 ", found.read_text("utf-8", "replace"))
    if "corpus_encodings" in path.parts and named == "text":
        return _decoded(path)
    return None


def _decoded(path: Path) -> str | None:
    """Decode by the encoding that the folder's name begins with: "windows-1251-russian"."""
    words = path.parent.name.split("-")
    for count in range(len(words), 0, -1):
        try:
            return path.read_bytes().decode(codecs.lookup("-".join(words[:count])).name, "ignore")
        except LookupError:
            continue
    return None


def _recall(expected: str, text: str) -> float | None:
    """Return the share of expected words that the text holds as often; None for less than five words."""
    wanted, held = Counter(_words(expected)), Counter(_words(text))
    total = wanted.total()
    return (wanted & held).total() / total if total >= 5 else None


def _words(text: str) -> Iterator[str]:
    return (found.group().casefold().strip("_") for found in _WORD.finditer(text))


def _count(tally: Tally, outcome: Outcome) -> None:
    tally.read += outcome.state == "read"
    tally.refused += outcome.state in {"refused", "unforeseen"}
    tally.unforeseen += outcome.state == "unforeseen"
    tally.crashed += outcome.state == "crashed"
    tally.slowest_s = max(tally.slowest_s, outcome.seconds)
    if outcome.state == "read":
        tally.pages += outcome.pages
        tally.seconds += outcome.seconds
    if outcome.recall is not None:
        tally.compared += 1
        tally.recalls.append(outcome.recall)
        tally.wrong += outcome.recall < _RECALL


def _print(tallies: dict[str, Tally]) -> None:
    print("\n| format | read | refused | of them unforeseen | crashed | compared | words | wrong | pages/s | slowest |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for named, tally in sorted(tallies.items(), key=lambda item: -item[1].read):
        if not tally.read and not tally.crashed:
            continue
        words = f"{sum(tally.recalls) / len(tally.recalls):.3f}" if tally.recalls else ""
        speed = f"{tally.pages / tally.seconds:.0f}" if tally.seconds else ""
        cells = [tally.read, tally.refused, tally.unforeseen, tally.crashed, tally.compared, words, tally.wrong, speed]
        print(f"| {named} | " + " | ".join(map(str, cells)) + f" | {tally.slowest_s:.1f} s |")
    every = list(tallies.values())
    totals = [sum(getattr(tally, name) for tally in every) for name in ("read", "refused", "unforeseen", "crashed")]
    foreign = [named for named, tally in sorted(tallies.items()) if not tally.read]
    print(f"\nOnly refused, each with its reason: {', '.join(foreign)}")
    print("{} read, {} refused ({} of them unforeseen), {} crashed".format(*totals), end=", ")
    print(f"{sum(tally.wrong for tally in every)} of {sum(tally.compared for tally in every)} compared lost words")


if __name__ == "__main__":
    sys.exit(main())
