"""Which assistant a question is put to, and what that says of the answer. Pure but for looking it up.

How assistants are set up is the business of `assistants`.
"""

from collections.abc import Sequence
from dataclasses import replace

from pincite.answers.choosing import Drafters
from pincite.answers.domain import Answer, AskRequest, AssistantNamed
from pincite.assistants import BUILT_IN, Assistant, Assistants, NoSuchAssistant
from pincite.core import InvalidInput, NotFound, Scope


async def in_charge(
    assistants: Assistants, scope: Scope, request: AskRequest, earlier: Sequence[Answer]
) -> Assistant | None:
    """Return the assistant that a question is put to: the one that it names, else the one of its conversation.

    Returns: None for the built-in one.
    Raises: NotFound.
    """
    if request.assistant is not None:
        return await assistants.to_ask(scope, request.assistant)
    before = earlier[-1].assistant if earlier else None
    if before is None:
        return None
    try:
        return await assistants.to_ask(scope, before.id)
    except NoSuchAssistant:
        # The built-in one would answer from more than people have been reading here.
        said = f"The assistant of this conversation, {before.name}, is not there any more."
        raise NotFound(said, remedy=f"Ask another assistant, or the built-in one (`{BUILT_IN}`).") from None


async def as_set_up(drafters: Drafters, scope: Scope, request: AskRequest, assistant: Assistant | None) -> AskRequest:
    """Return a question as an assistant has it answered: from its collections, by its model and its tier.

    Who asks may choose among its collections, and another tier. The collections are given by their ids.

    Raises: NotFound for a collection; InvalidInput for one that is none of the assistant's, or another model than its.
    """
    collections = await drafters.collections(scope, request.collections)
    if assistant is None:
        return replace(request, collections=collections)
    setup = assistant.setup
    if setup.model is not None and request.model is not None:
        raise InvalidInput(f"{assistant.name} has a model of its own.", remedy="Leave `model` out.")
    if setup.collections is not None:
        allowed = setup.collections
        others = [
            name for name, id_ in zip(request.collections or (), collections or (), strict=True) if id_ not in allowed
        ]
        if others:
            said = f"{assistant.name} does not answer from {others[0]!r}."
            raise InvalidInput(said, remedy="Leave `collections` out, or name some of its own.")
        collections = tuple(allowed) if collections is None else collections
    model, tier = request.model or setup.model, request.tier or setup.tier
    return replace(request, collections=collections, model=model, tier=tier)


def named(assistant: Assistant | None) -> AssistantNamed | None:
    """Return what an answer says of who gave it."""
    return None if assistant is None else AssistantNamed(assistant.id, assistant.name, assistant.version)
