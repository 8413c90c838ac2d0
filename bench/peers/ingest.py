"""Pages a second and memory of Pincite and of three peers' default pipelines, on the same two hundred files.

    PINCITE_BENCH_DATA=/path/to/data python -m bench.peers.ingest [--files 200] [--systems NAME ...] [--list]

All run the same MiniLM weights (those of the package `pincite-minilm`) on one thread a core, but for Pincite's default.
The files, and what counts as a page, are in `corpus.py`. One system reads at a time, in a process of its own; what
loading its libraries and its model takes is not counted, what they take of memory is.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pincite_minilm

from bench.peers.contest import OURS, PEERS, Outcome, Worker
from bench.peers.corpus import Sample, chosen

_HEADS = ("system", "pages a second", "can be found, pages a second", "seconds", "peak MB", "pieces", "files read")
_HEAD = (f"| {' | '.join(_HEADS)} |", f"|{' --- |' * len(_HEADS)}")


def main() -> int:
    """Let each system read the files and print two tables; exit code 1 where Pincite could not read one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--systems", nargs="*", choices=[*OURS, *PEERS], default=[*OURS, *PEERS])
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "pincite-bench" / "peers")
    parser.add_argument("--list", action="store_true", help="only name the files")
    options = parser.parse_args()
    data = os.environ.get("PINCITE_BENCH_DATA")
    if data is None:
        print("Set PINCITE_BENCH_DATA to the folder that holds financebench/, kb/ and files/.")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        samples = chosen(Path(data), Path(folder), options.files)
        kinds = Counter[str]()
        for each in samples:
            kinds[each.kind] += each.pages
            if options.list:
                print(f"{each.path.name}\t{each.pages}")
        said = ", ".join(f"{pages} of {kind}" for kind, pages in kinds.items())
        print(f"{len(samples)} files, {kinds.total()} pages ({said}), {os.cpu_count()} cores\n", flush=True)
        return 0 if options.list else _measure(samples, options.systems, options.environments)


def _measure(samples: Sequence[Sample], systems: Sequence[str], environments: Path) -> int:
    outcomes: dict[str, Outcome] = {}
    print("\n".join(_HEAD), flush=True)
    for name in systems:
        try:
            outcomes[name] = _read(name, samples, environments)
        except RuntimeError as error:
            print(f"| {name} | {error} |", flush=True)
        else:
            print(_row(name, samples, outcomes[name]), flush=True)
    ours = [name for name in systems if name in OURS]
    if ours:
        print("\n" + "\n".join(_by_kind(samples, ours[:1], environments)), flush=True)
    print()
    for name, outcome in outcomes.items():
        print(f"{name}: {', '.join(f'{package} {number}' for package, number in outcome.versions.items())}")
        unread = sorted({each.path.name for each in samples} - set(outcome.read))
        if unread:
            print(f"  not read: {', '.join(unread)}")
    return 0 if all(name in outcomes and len(outcomes[name].read) == len(samples) for name in ours) else 1


def _read(name: str, samples: Sequence[Sample], environments: Path) -> Outcome:
    """Let one system read the files, in a process of its own. Only what it has a piece of counts as read."""
    print(f"{name} reads {len(samples)} files", file=sys.stderr, flush=True)
    with Worker(name, pincite_minilm.folder(), environments) as worker:
        worker.ingest([each.path for each in samples], warm_up=False)
    return worker.outcome


def _row(name: str, samples: Sequence[Sample], outcome: Outcome) -> str:
    pages = sum(sample.pages for sample in samples if sample.path.name in outcome.read)
    speeds = (pages / outcome.ingest_s, pages / outcome.searchable_s)
    cells = (*(f"{speed:.1f}" for speed in speeds), f"{outcome.ingest_s:.0f}", f"{outcome.peak_mb:.0f}")
    return f"| {' | '.join((name, *cells, f'{outcome.pieces:,}', str(len(outcome.read))))} |"


def _by_kind(samples: Sequence[Sample], ours: Sequence[str], environments: Path) -> list[str]:
    """Measure Pincite again, with the files of one format at a time; the first of them only warms it up."""
    lines = [
        f"| files | pages | {' | '.join(f'{name}, pages a second' for name in ours)} |",
        f"|{' --- |' * (2 + len(ours))}",
    ]
    for kind in dict.fromkeys(each.kind for each in samples):
        some = [each for each in samples if each.kind == kind]
        pages = sum(each.pages for each in some)
        speeds = [_speed(name, some, environments) for name in ours]
        lines.append(f"| {len(some)} {kind} | {pages} | {' | '.join(f'{speed:.1f}' for speed in speeds)} |")
    return lines


def _speed(name: str, samples: Sequence[Sample], environments: Path) -> float:
    first, *others = samples
    with Worker(name, pincite_minilm.folder(), environments) as worker:
        worker.ingest([first.path], warm_up=False)
        worker.ingest([each.path for each in others], warm_up=False)
    return sum(each.pages for each in others) / worker.outcome.ingest_s


if __name__ == "__main__":
    sys.exit(main())
