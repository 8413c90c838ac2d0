"""Runs the systems beside each other: one process each, ingests one after another, questions in turns.

What is measured is said in `Outcome`; the table is made in `__main__.py`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.ingest import Memory
from bench.peers.environments import python_of

ROOT = Path(__file__).resolve().parents[2]
OURS = ("pincite", "pincite-minilm")
PEERS = ("llamaindex", "haystack", "txtai")
_WARM_UP = ("What does the company sell?", "Who audits the accounts?", "How many shares are there?")
_TURN = 4
_QUIET = {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False", "DO_NOT_TRACK": "1"}

Pages = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the pages that hold its evidence: (file name, page from 1)."""

    text: str
    evidence: Pages


@dataclass(slots=True)
class Outcome:
    """What one system did; `hits` and `query_ms` have one entry a question, in the same order for all systems.

    So have `found`, its five results as `Found` has them, and `chars`, their characters together.
    """

    versions: Mapping[str, str]
    pieces: int = 0
    ingest_s: float = 0.0
    searchable_s: float = 0.0
    read: tuple[str, ...] = ()
    peak_mb: float = 0.0
    hits: list[bool] = field(default_factory=list[bool])
    query_ms: list[float] = field(default_factory=list[float])
    chars: list[int] = field(default_factory=list[int])
    found: list[list[dict[str, Any]]] = field(default_factory=list[list[dict[str, Any]]])


class Worker:
    """A system's process, and what is known of it so far."""

    def __init__(self, name: str, model: Path, environments: Path) -> None:
        python = Path(sys.executable) if name in OURS else python_of(name, environments)
        command = [str(python), "-m", "bench.peers.worker", name, str(model)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ | _QUIET, stdin=pipe, stdout=pipe, text=True)
        self._memory = Memory(self._process.pid)
        self.name = name
        self.outcome = Outcome(self._answer()["versions"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self.outcome.peak_mb = self._memory.stop()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def ingest(self, files: Sequence[Path], *, warm_up: bool = True) -> None:
        """Give it the files; returns when all can be found. Then asks what is not counted."""
        made = self._do({"files": [str(each) for each in files]})
        self.outcome.pieces, self.outcome.ingest_s = made["pieces"], made["seconds"]
        self.outcome.searchable_s = made["searchable_s"] or made["seconds"]
        self.outcome.read = tuple(made["sources"])
        for question in _WARM_UP if warm_up else ():
            self._do({"question": question})

    def ask(self, question: Question) -> None:
        """Ask one question and note what came: a hit is a page of the evidence among the pages of five results."""
        made = self._do({"question": question.text})
        pages = {(each["source"], page) for each in made["found"] for page in each["pages"]}
        self.outcome.hits.append(bool(pages & question.evidence))
        self.outcome.query_ms.append(made["ms"])
        self.outcome.found.append(made["found"])
        self.outcome.chars.append(sum(each["chars"] for each in made["found"]))

    def _do(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(json.dumps(command), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended; what it said is above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def compete(workers: Sequence[Worker], files: Sequence[Path], questions: Sequence[Question]) -> None:
    """Let each read the files alone, then all answer the questions in turns of four, another one first each time."""
    for worker in workers:
        print(f"{worker.name} reads", file=sys.stderr, flush=True)
        worker.ingest(files)
    for turn, start in enumerate(range(0, len(questions), _TURN)):
        first = turn % len(workers)
        for worker in [*workers[first:], *workers[:first]]:
            for question in questions[start : start + _TURN]:
                worker.ask(question)
