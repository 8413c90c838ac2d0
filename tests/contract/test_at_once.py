"""Many rows changed from several places at once, on both databases: nobody is told to come back for a deadlock."""

import asyncio
import hashlib
from collections.abc import Sequence

from tests.contract.conftest import SCOPE, Hands

from pincite.core import Database
from pincite.guard import FileType
from pincite.ingest.slices import Whole
from pincite.library import Document, Library, RevisionState
from pincite.library.domain import Registered

DOCUMENTS, ROUNDS = 32, 6


async def registered(hands: Hands, count: int = DOCUMENTS) -> list[Registered]:
    """Register small documents, as a slice of one job."""
    blobs = [await hands.store(f"note {number}".encode()) for number in range(count)]
    arrivals = [(f"note-{number}.md", blob, FileType.MARKDOWN, "slice:1") for number, blob in enumerate(blobs)]
    found = await hands.library.register_uploads(SCOPE, "default", arrivals)
    return [each for each in found if isinstance(each, Registered)]


def whole(hands: Hands, taken: Sequence[Document]) -> list[Whole]:
    """Return documents as if they had been read."""
    return [
        Whole(each, tuple(hands.page_texts(2)), tuple(hands.make_chunks(each, each.latest, 3)), "en", None)
        for each in taken
    ]


async def test_slices_are_stored_while_their_documents_are_stopped_and_go_on(library: Library, hands: Hands) -> None:
    sent = await registered(hands)
    ids = [each.document.id for each in sent]

    async def stop() -> None:
        for _ in range(ROUNDS):
            await library.stop(SCOPE, RevisionState.PAUSED, chosen=list(reversed(ids)))
            await library.go_on(SCOPE, chosen=ids)

    async def read() -> None:
        for _ in range(ROUNDS):
            documents = [await library.document(SCOPE, each) for each in ids]
            taken = await library.take_all(SCOPE, {each.latest.id: each.latest.attempt for each in documents}, "1")
            await library.save_all(SCOPE, whole(hands, taken))

    await asyncio.gather(stop(), read(), read())


async def test_the_same_texts_are_kept_by_two_at_once(library: Library, hands: Hands, database: Database) -> None:
    one, two = [each.document.id for each in await registered(hands, 2)]
    for turn in range(ROUNDS):
        digests = [hashlib.sha256(f"{turn} {number}".encode()).hexdigest() for number in range(400)]
        made = dict.fromkeys(digests, b"\x00" * 64)
        await asyncio.gather(
            library.save_vectors(SCOPE, "m", {digest: (one, made[digest]) for digest in digests}),
            library.save_vectors(SCOPE, "m", {digest: (two, made[digest]) for digest in reversed(digests)}),
        )
        assert len(await library.vectors(SCOPE, "m", digests)) == 400
