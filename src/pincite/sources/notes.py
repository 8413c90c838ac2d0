"""What a run learned of its place that its next job need not ask for again, kept beside the copies of sources.

Lost without harm: then it is asked for once more. What is known of items is in the database and not here.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


class Notes:
    """The notes of one run.

    Args:
        folder: where they are kept, the source's own.
        run: its number; notes of another run are none.
    """

    def __init__(self, folder: Path, run: int) -> None:
        self._path = folder / "run.json"
        self._run = run

    async def read(self) -> Mapping[str, Any] | None:
        """Return what was noted, None where nothing was or it cannot be read."""
        return await asyncio.to_thread(self._read)

    async def write(self, noted: Mapping[str, Any]) -> None:
        """Note small JSON in place of what was noted."""
        with suppress(OSError):
            await asyncio.to_thread(self._write, {"run": self._run, "noted": dict(noted)})

    def _read(self) -> Mapping[str, Any] | None:
        try:
            kept: dict[str, Any] = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return kept["noted"] if kept["run"] == self._run else None

    def _write(self, kept: Mapping[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = self._path.with_suffix(".tmp")
        written.write_text(json.dumps(kept), "utf-8")
        written.replace(self._path)
