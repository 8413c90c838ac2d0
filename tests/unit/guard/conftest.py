"""A reader that is closed after the test, and files made on the spot."""

from collections.abc import AsyncIterator

import pytest

from pincite.guard import DocumentReader
from pincite.guard.settings import GuardSettings


@pytest.fixture
async def reader() -> AsyncIterator[DocumentReader]:
    made = DocumentReader(GuardSettings(children=1, viewers=1))
    yield made
    await made.close()
