"""One system in a process of its own: reads commands as JSON lines, answers each with one line.

Started by `bench.peers.contest` with the system's own Python; what libraries print goes to standard error.
"""

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.peers.system import System


def make(name: str, model: Path, threads: int) -> System:
    """Load a system by name; its libraries are imported here and nowhere else. Raises: ValueError."""
    if name == "pincite":
        from bench.peers.with_pincite import PinciteDefaults

        return PinciteDefaults("static")
    if name == "pincite-minilm":
        from bench.peers.with_pincite import PinciteDefaults

        return PinciteDefaults(f"onnx:{model}")
    if name == "llamaindex":
        from bench.peers.with_llamaindex import LlamaIndexDefaults

        return LlamaIndexDefaults(model, threads)
    if name == "haystack":
        from bench.peers.with_haystack import HaystackDefaults

        return HaystackDefaults(model, threads)
    if name == "txtai":
        from bench.peers.with_txtai import TxtaiDefaults

        return TxtaiDefaults(model, threads)
    raise ValueError(f"there is no system {name}")


def obey(system: System, command: dict[str, Any]) -> dict[str, Any]:
    """Do one command and return what came of it, with how long it took."""
    began = time.perf_counter()
    if "files" in command:
        made = system.ingest([Path(each) for each in command["files"]])
        seconds = time.perf_counter() - began
        return {**asdict(made), "sources": sorted(made.sources), "seconds": seconds}
    found = system.ask(command["question"])
    return {"ms": (time.perf_counter() - began) * 1000, "found": [asdict(each) for each in found]}


def main() -> int:
    name, model = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    system = make(name, Path(model), threads=0)
    print(json.dumps({"versions": system.versions}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(obey(system, json.loads(line))), file=answers, flush=True)
    system.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
