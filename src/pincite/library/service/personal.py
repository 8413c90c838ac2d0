"""Use cases of personal data: what happens with it in a collection, and texts covered for those who may not see it.

What is found, and how it is covered, is in `privacy` and `covering.py`.
"""

import asyncio
from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, Scope
from pincite.core.audit import note
from pincite.library.covering import Key, PageKey, covered_chunks, covered_pages, covered_passages
from pincite.library.domain import Chunk, Collection, Passage
from pincite.library.grants import Level
from pincite.library.pages import NamedPages
from pincite.library.service.grants import require
from pincite.library.store import collections, passages, personal, revisions
from pincite.privacy import Masker, Policy

_MASKS_MODEL = tuple(each for each in Policy if each.masks_model)


class PersonalData:
    """Saying what happens with personal data, and doing it."""

    _db: Database
    _masker: Masker

    async def set_policy(self, scope: Scope, collection_id: str, policy: Policy) -> Collection:
        """Say what happens with personal data in a collection. What is asked, from now on; what is read, from then on.

        Raises: NotFound; Denied for who does not manage it.
        """
        async with self._db.transaction(scope) as tx:
            await collections.next_version(tx, scope)
            home = await collections.required_collection(tx, scope, collection_id)
            await require(tx, scope, Level.MANAGER, home.id)
            await personal.set_policy(tx, scope, home.id, policy)
            await note(
                tx,
                scope,
                "collection.personal-data",
                ("collection", home.id),
                name=home.name,
                policy=policy.value,
                before=home.personal_data.value,
            )
            return await collections.required_collection(tx, scope, home.id)

    async def policies(self, scope: Scope, collection_ids: Some[str]) -> Mapping[str, Policy]:
        """Return what happens with personal data in collections, whether or not the asker may see all of each."""
        async with self._db.read(scope) as session:
            return await personal.policies(session, scope, collection_ids)

    async def note_personal_data(
        self, scope: Scope, revision_id: str, counts: Mapping[str, int], *, lease: int | None = None
    ) -> None:
        """Store how many findings of each kind a revision has; does nothing once another worker has it."""
        async with self._db.transaction(scope) as tx:
            await revisions.count_personal_data(tx, scope, revision_id, counts, lease)

    async def for_models(self, scope: Scope, chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
        """Return chunks as models may see them: covered where their collection's policy says so."""
        wanted = {each.revision_id for each in chunks}
        async with self._db.read(scope) as session:
            masked = await personal.revisions_under(session, scope, wanted, _MASKS_MODEL)
            theirs = [each for each in chunks if each.revision_id in masked]
            texts = await _pages_of(session, scope, theirs)
        if not theirs:
            return tuple(chunks)
        covered = await asyncio.to_thread(covered_chunks, self._masker, theirs, texts)
        by_id = {each.id: each for each in covered}
        return tuple(by_id.get(each.id, each) for each in chunks)

    async def covered_texts(self, _scope: Scope, texts: Sequence[str]) -> tuple[str, ...]:
        """Return texts with what is found in each covered."""
        return await asyncio.to_thread(lambda: tuple(self._masker.covered(each) for each in texts))

    async def masked_documents(self, scope: Scope, document_ids: Some[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return those of the documents whose text is covered in answers, and those of which nobody knows any more."""
        async with self._db.read(scope) as session:
            known = await personal.policies_of(session, scope, document_ids)
        masked = frozenset(each for each, policy in known.items() if policy.masks_answers)
        return masked, frozenset(document_ids).difference(known)

    async def _for_readers(self, scope: Scope, found: Mapping[Key, Passage]) -> dict[Key, Passage]:
        """Return passages, by any key, as who asks may see them."""
        theirs = {key: each for key, each in found.items() if each.personal_data.masks_answers}
        if not theirs:
            return dict(found)
        async with self._db.read(scope) as session:
            texts = await _pages_of(session, scope, [each.chunk for each in theirs.values()])
        covered = await asyncio.to_thread(covered_passages, self._masker, theirs, texts)
        return {key: covered.get(key, each) for key, each in found.items()}

    async def _pages_for_readers(self, found: NamedPages) -> NamedPages:
        """Return pages as who asks may see them."""
        theirs = {key: each for key, each in found.pages.items() if each.personal_data.masks_answers}
        if not theirs:
            return found
        covered = await asyncio.to_thread(covered_pages, self._masker, theirs)
        return NamedPages({**found.pages, **covered})


async def _pages_of(session: AsyncSession, scope: Scope, chunks: Iterable[Chunk]) -> dict[PageKey, str]:
    wanted = {(each.revision_id, number) for each in chunks for number in range(each.page, each.end_page + 1)}
    if not wanted:
        return {}
    found = await passages.find_named_pages(session, scope, wanted)
    return {key: page.text for key, page in found.items()}
