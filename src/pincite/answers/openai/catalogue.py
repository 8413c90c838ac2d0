"""Which models there are by OpenAI's protocol: the assistant, this installation's chat model, its embedder.

Others that the settings could name are none: who asks chooses among what whoever runs this has set up.
"""

from collections.abc import Sequence

from pincite.answers.openai.domain import ASSISTANT, Kind, ModelUnknown, Served
from pincite.gateway import ChatModel, Embedder, Embedders, Models


class Catalogue:
    """The models of this installation.

    Args:
        models: the chat models.
        embedders: the embedder in use.
    """

    def __init__(self, models: Models, embedders: Embedders) -> None:
        self._models = models
        self._embedders = embedders

    @property
    def embedder(self) -> Embedder:
        """The embedder in use."""
        return self._embedders.chosen

    def served(self) -> Sequence[Served]:
        """Return all of them."""
        chat = self._models.choose(None)
        raw = () if chat is None else (Served(chat.name, Kind.CHAT, chat.name.partition(":")[0]),)
        return (
            Served(ASSISTANT, Kind.ASSISTANT, "pincite"),
            *raw,
            Served(self.embedder.model_id, Kind.EMBEDDER, "pincite"),
        )

    def find(self, name: str, *kinds: Kind) -> Served:
        """Return the model of that name that is of one of the kinds, or of any. Raises: ModelUnknown."""
        for each in self.served():
            if each.id == name and (not kinds or each.kind in kinds):
                return each
        wanted = ", ".join(f"`{each.id}`" for each in self.served() if not kinds or each.kind in kinds)
        raise ModelUnknown(
            f"There is no model `{name[:80]}` for this.", remedy=f"Use {wanted}." if wanted else "None is set up."
        )

    def chat(self, name: str) -> ChatModel:
        """Return the chat model of that name. Raises: ModelUnknown."""
        self.find(name, Kind.CHAT)
        model = self._models.choose(None)  # by its name it would be alone, without those that are asked where it fails
        assert model is not None, "it was found by its name"
        return model
