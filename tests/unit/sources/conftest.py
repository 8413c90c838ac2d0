"""A site of pages on a loopback port, and sources that may read it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.doubles.site import Site, serving
from tests.unit.sources.kept import Kept, kept


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site that serves what a test puts there."""
    async with serving() as opened:
        yield opened


@pytest.fixture
async def room(site: Site, tmp_path: Path) -> AsyncIterator[Kept]:
    """Sources that may read the site."""
    async with kept(tmp_path, allowed=[f"127.0.0.1:{site.port}"]) as opened:
        yield opened
