"""Keeps the tests of some files in one process where several run: those that share a server, a browser or a provider.

A file says so by the marker `xdist_group`. pytest-xdist 3.8 writes it where pytest 9.2 does not look any more, so that
each worker would start a server of its own and find nothing of what the others put into theirs.
"""

from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class TogetherScheduling(LoadScopeScheduling):
    """Gives a file with the marker to one worker as a whole, and all other tests one by one."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self._root = config.rootpath

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if _stays_together(self._root / file) else nodeid


@cache
def _stays_together(file: Path) -> bool:
    return file.is_file() and "pytest.mark.xdist_group(" in file.read_text()
