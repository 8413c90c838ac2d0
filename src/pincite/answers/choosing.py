"""Chooses how an answer is made: quoted from the documents, or worded by the model that is set or asked for."""

from collections.abc import Collection, Sequence
from copy import copy

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.answers.context import PASSAGE_TOKENS
from pincite.answers.drafting import Drafter
from pincite.answers.evidence import EvidenceSource
from pincite.answers.quoting import Quoting
from pincite.answers.remembering import Memory, remembered
from pincite.answers.second_opinion import SecondOpinion
from pincite.answers.wording import Manner, Wording
from pincite.core import Database, Scope
from pincite.gateway import Models, StaticEmbedder
from pincite.library import NamedPages


class Drafters:
    """Every way of making answers that this installation has.

    Args:
        source: where evidence and pages come from.
        embedder: compares sentences with questions and claims; the built-in static one.
        models: the chat models.
        drop_unsupported: leave a model's unsupported sentences out, instead of marking them.
        passage_tokens: the most that the passages shown to a model may take.
        second: who is asked about uncertain claims; None for nobody.
    """

    def __init__(
        self,
        source: EvidenceSource,
        embedder: StaticEmbedder,
        models: Models,
        *,
        drop_unsupported: bool = False,
        passage_tokens: int = PASSAGE_TOKENS,
        second: SecondOpinion | None = None,
    ) -> None:
        self._source = source
        self.embedder = embedder
        self._models = models
        self._drop_unsupported = drop_unsupported
        self._memory: Memory | None = None
        self._manner = Manner(passage_tokens, second, models.secrets, models.fence_key)

    def remembering(self, database: Database, made_by: str) -> "Drafters":
        """Return the same, which give answers of models again to questions that mean the same.

        Args:
            database: where it is noted which were answered.
            made_by: tells these settings from others that answers may be made by.
        """
        found = copy(self)
        found._memory = Memory(database, self._source, self.embedder, self._models, made_by)
        return found

    def choose(self, model: str | None, *, kept: bool = False) -> Drafter:
        """Return how to answer with `model` (None: as set up; "none": quoting).

        Answers of the one that is set up may be given again, and of others where they are to be `kept`.

        Raises: ModelNotConfigured.
        """
        chosen = self._models.choose(model)
        if chosen is None:
            return Quoting(self._source, self.embedder)
        made = Wording(self._source, self.embedder, chosen, self._manner, drop_unsupported=self._drop_unsupported)
        # Whoever names a model gets its own answers: by which address or route it was reached, the name does not say.
        return remembered(made, self._memory if kept or model in {None, "auto"} else None)

    def shadow(self, chance: float) -> Drafter | None:
        """Return who makes an answer once more, to be measured, where `chance` in 0..1 falls in the share of those."""
        model = self._models.shadow(chance)
        if model is None:
            return None
        return Wording(self._source, self.embedder, model, self._manner, drop_unsupported=self._drop_unsupported)

    async def hidden(self, scope: Scope, documents: frozenset[str]) -> frozenset[str]:
        """Return those of the documents that answers rest on and that the asker may not see (any more)."""
        return await self._source.hidden(scope, documents)

    async def version(self, scope: Scope) -> int:
        """Return the version of the tenant's library, which every change of what may be seen of it counts up."""
        return await self._source.version(scope)

    async def refuse_held(self, scope: Scope) -> None:
        """Make sure that the tenant is not on legal hold. Raises: OnHold."""
        await self._source.refuse_held(scope)

    async def refuse_held_within(self, scope: Scope, tx: AsyncSession, document_id: str | None = None) -> None:
        """Make sure, in the transaction that deletes, that neither the tenant is on legal hold nor a document.

        Raises: OnHold.
        """
        await self._source.refuse_held_within(scope, tx, document_id)

    async def masked(self, scope: Scope, documents: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return those of the documents whose personal data is covered in answers, and those of which nobody knows."""
        return await self._source.masked(scope, documents)

    async def named(self, scope: Scope, wanted: Collection[tuple[str, int]]) -> NamedPages:
        """Return those of the pages that are still there, with personal data covered as policies want it."""
        return await self._source.named(scope, wanted)

    async def covered(self, scope: Scope, texts: Sequence[str]) -> Sequence[str]:
        """Return texts with personal data covered."""
        return await self._source.covered(scope, texts)

    async def collections(self, scope: Scope, names: Sequence[str] | None) -> tuple[str, ...] | None:
        """Return the ids of collections given by name or id; None stays None. Raises: NotFound."""
        return None if names is None else await self._source.collection_ids(scope, names)
