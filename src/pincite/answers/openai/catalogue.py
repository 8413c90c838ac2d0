"""Which models there are by OpenAI's protocol: assistants, this installation's chat model and routes, its embedder.

Others that the settings could name are none: who asks chooses among what whoever runs this has set up.
"""

from collections.abc import Sequence
from contextlib import suppress

from pincite.answers.openai.domain import ASSISTANT, Kind, ModelUnknown, Served, assistant_model, assistant_of
from pincite.assistants import Assistant, Assistants, NoSuchAssistant
from pincite.core import InvalidInput, Scope
from pincite.gateway import ChatModel, Embedder, Embedders, Models

_MOST_NAMED = 10


class Catalogue:
    """The models of this installation.

    Args:
        models: the chat models.
        embedders: the embedder in use.
        assistants: those that tenants have set up.
    """

    def __init__(self, models: Models, embedders: Embedders, assistants: Assistants) -> None:
        self._models = models
        self._embedders = embedders
        self._assistants = assistants

    @property
    def embedder(self) -> Embedder:
        """The embedder in use."""
        return self._embedders.chosen

    async def served(self, scope: Scope) -> Sequence[Served]:
        """Return those that the asker may use."""
        always, named = self._always(), await self._assistants.all(scope)
        return (always[0], *map(_of_people, named), *always[1:])

    async def find(self, scope: Scope, name: str, *kinds: Kind) -> Served:
        """Return the model of that name that is of one of the kinds, or of any. Raises: ModelUnknown."""
        for each in self._always():  # which takes no question to the database
            if each.id == name and (not kinds or each.kind in kinds):
                return each
        if not kinds or Kind.ASSISTANT in kinds:
            with suppress(NoSuchAssistant, InvalidInput):  # what no database takes is no name
                found = await self._assistants.one(scope, assistant_of(name))
                if assistant_model(found.name) == name:  # and not its id
                    return _of_people(found)
        served = [each for each in await self.served(scope) if not kinds or each.kind in kinds]
        wanted = ", ".join(f"`{each.id}`" for each in served[:_MOST_NAMED])
        raise ModelUnknown(
            f"There is no model `{name[:80]}` for this.", remedy=f"Use {wanted}." if wanted else "None is set up."
        )

    def chat(self, name: str) -> ChatModel:
        """Return the chat model of that name. Raises: ModelUnknown."""
        if name in self._models.routes:
            route = self._models.choose(name)
            assert route is not None, "a route is of models"
            return route
        model = self._models.choose(None)  # by its name it would be alone, without those that are asked where it fails
        if model is None or model.name != name:
            raise ModelUnknown(f"There is no model `{name[:80]}` for this.", remedy="`GET /v1/models` lists them.")
        return model

    def _always(self) -> Sequence[Served]:
        """Return those that there are for everybody."""
        chat = self._models.choose(None)
        raw = () if chat is None else (Served(chat.name, Kind.CHAT, chat.name.partition(":")[0]),)
        return (
            Served(ASSISTANT, Kind.ASSISTANT, "pincite"),
            *raw,
            *(Served(name, Kind.CHAT, "pincite") for name in self._models.routes),
            Served(self.embedder.model_id, Kind.EMBEDDER, "pincite"),
        )


def _of_people(assistant: Assistant) -> Served:
    return Served(assistant_model(assistant.name), Kind.ASSISTANT, "pincite")
