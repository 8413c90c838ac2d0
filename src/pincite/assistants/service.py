"""Assistants as a service: set up, change and remove them, and say which of them somebody may use. No web."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pincite.assistants import store
from pincite.assistants.domain import (
    BUILT_IN,
    MOST_ASSISTANTS,
    MOST_COLLECTIONS,
    Assistant,
    Changes,
    NoSuchAssistant,
    Setup,
    checked_description,
    checked_instructions,
    checked_likeness,
    checked_model,
    checked_name,
)
from pincite.core import Conflict, Database, InvalidInput, NotFound, Scope, new_id, utc_now
from pincite.core.audit import note
from pincite.gateway import Models
from pincite.ledger import Ledger, Subject
from pincite.library import Library


class Assistants:
    """The assistants of each tenant.

    Whoever sees none of the collections that one answers from does not see it, and it answers from those that its asker
    sees: it gives nobody anything to read.

    Args:
        database: where they are kept.
        library: knows collections.
        models: say which models there are.
        ledger: bounds what they may spend.
    """

    def __init__(self, database: Database, library: Library, models: Models, ledger: Ledger) -> None:
        self._db = database
        self._library = library
        self._models = models
        self._ledger = ledger

    async def make(self, scope: Scope, name: str, wanted: Changes) -> Assistant:
        """Set an assistant up.

        Raises: InvalidInput; NotFound for a collection; ModelNotConfigured; Conflict where the name is taken, or there
            are too many.
        """
        now = utc_now()
        made = Assistant(new_id(), checked_name(name), now, now, await self._setup(scope, wanted))
        async with self._db.transaction(scope) as tx:
            if await store.count(tx, scope) >= MOST_ASSISTANTS:
                raise Conflict(f"There are {MOST_ASSISTANTS} assistants already.", remedy="Remove one first.")
            if not await store.add(tx, scope, made):
                raise _taken(name)
            await note(tx, scope, "assistant.made", ("assistant", made.id), name=made.name)
        return made

    async def change(self, scope: Scope, id_or_name: str, wanted: Changes) -> Assistant:
        """Set an assistant up otherwise, in what is said; returns its new version, or the old one if it was so before.

        Raises: as `make` does, and NotFound for the assistant.
        """
        if not wanted:
            raise InvalidInput("It is not said what is to be another.", remedy="Name at least one thing.")
        found = await self.one(scope, id_or_name)
        setup = await self._setup(scope, wanted)  # checked before anything is held up by it
        said = {each: getattr(setup, each) for each in wanted if each != "name"}
        async with self._db.transaction(scope) as tx:
            known = await store.find(tx, scope, found.id, lock=True)
            if known is None:
                raise _unknown(id_or_name)
            name = checked_name(wanted["name"]) if "name" in wanted else known.name
            changed = replace(known, name=name, setup=replace(known.setup, **said))
            differs = _differs(known, changed)
            if differs:
                other = await store.find(tx, scope, name)
                if other is not None and other.id != known.id:
                    raise _taken(name)
                changed = replace(changed, version=known.version + 1, updated_at=utc_now())
                await store.put(tx, scope, changed)
            what: dict[str, Any] = {"name": name, "version": changed.version}
            what["changed"] = sorted(wanted) if differs else []
            await note(tx, scope, "assistant.changed", ("assistant", changed.id), **what)
        return await self._named(scope, changed)

    async def remove(self, scope: Scope, id_or_name: str) -> None:
        """Remove an assistant with its budgets; conversations with it stay, and do not go on. Raises: NotFound."""
        async with self._db.transaction(scope) as tx:
            found = await store.find(tx, scope, id_or_name, lock=True)
            if found is None:
                raise _unknown(id_or_name)
            await store.drop(tx, scope, found.id)
            await note(tx, scope, "assistant.removed", ("assistant", found.id), name=found.name)
        await self._ledger.forget_subject(scope, Subject.ASSISTANT, found.id)

    async def all(self, scope: Scope) -> list[Assistant]:
        """Return those that the asker may use, by name, with the collections that the asker sees."""
        async with self._db.read(scope) as session:
            found = await store.assistants(session, scope)
        ids = {id_ for each in found for id_ in each.setup.collections or ()}
        names = await self._library.collection_names(scope, ids) if ids else {}
        return [each for each in (_seen(one, names) for one in found) if _is_there(scope, each)]

    async def one(self, scope: Scope, id_or_name: str) -> Assistant:
        """Return one by id or name, as `all` does. Raises: NotFound."""
        async with self._db.read(scope) as session:
            found = await store.find(session, scope, id_or_name)
        if found is None:
            raise _unknown(id_or_name)
        seen = await self._named(scope, found)
        if not _is_there(scope, seen):
            raise _unknown(id_or_name)
        return seen

    async def to_ask(self, scope: Scope, id_or_name: str) -> Assistant | None:
        """Return one that answers, by id or name; None for the built-in one. Raises: NotFound."""
        if id_or_name == BUILT_IN:
            return None
        found = await self.one(scope, id_or_name)
        if found.setup.collections is not None and not found.setup.collections:
            said = f"None of the collections that {found.name} answers from is there any more."
            raise NotFound(said, remedy="Have it set up with others, or use another assistant.")
        return found

    async def id_of(self, scope: Scope, id_or_name: str) -> str:
        """Return what calls that are made for an assistant count to: its id, or the built-in one's name.

        Raises: NotFound.
        """
        return BUILT_IN if id_or_name == BUILT_IN else (await self.one(scope, id_or_name)).id

    async def _named(self, scope: Scope, assistant: Assistant) -> Assistant:
        ids = assistant.setup.collections
        return assistant if ids is None else _seen(assistant, await self._library.collection_names(scope, ids))

    async def _setup(self, scope: Scope, wanted: Changes) -> Setup:
        """Return how one is set up of which nothing else is said, all of it checked."""
        values: dict[str, Any] = {each: value for each, value in wanted.items() if each != "name"}
        if "description" in wanted:
            values["description"] = checked_description(wanted["description"])
        if "instructions" in wanted:
            values["instructions"] = checked_instructions(wanted["instructions"])
        if (names := wanted.get("collections")) is not None:
            values["collections"] = await self._collections(scope, names)
        if (model := wanted.get("model")) is not None:
            values["model"] = checked_model(model)
            self._models.choose(model)
        checked_likeness(wanted.get("likeness"))
        return Setup(**values)

    async def _collections(self, scope: Scope, names: Iterable[str]) -> Mapping[str, str]:
        given = list(names)
        if not given or len(given) > MOST_COLLECTIONS:
            raise InvalidInput(
                f"An assistant answers from 1 to {MOST_COLLECTIONS} collections, or from all.",
                remedy="Leave collections out for all that its asker may read.",
            )
        found = [await self._library.collection(scope, each) for each in given]
        return {each.id: each.name for each in sorted(found, key=lambda each: each.name)}


def _seen(assistant: Assistant, names: Mapping[str, str]) -> Assistant:
    """Return an assistant with those of its collections that have a name here."""
    ids = assistant.setup.collections
    if ids is None:
        return assistant
    seen = {id_: name for id_, name in names.items() if id_ in ids}
    return replace(assistant, setup=replace(assistant.setup, collections=seen))


def _is_there(scope: Scope, seen: Assistant) -> bool:
    """Say whether an assistant is there for the asker: there is something of it to read, or it is theirs to set up."""
    return seen.setup.collections is None or bool(seen.setup.collections) or scope.sees_all


def _differs(before: Assistant, after: Assistant) -> bool:
    """Say whether there is anything that is another, whatever its collections are called."""

    def whole(each: Assistant) -> tuple[object, ...]:
        ids = None if each.setup.collections is None else sorted(each.setup.collections)
        return each.name, replace(each.setup, collections=None), ids

    return whole(before) != whole(after)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is an assistant named {name} already.", remedy="Choose another name.")


def _unknown(id_or_name: str) -> NoSuchAssistant:
    if id_or_name == BUILT_IN:
        said = f"The assistant {BUILT_IN!r} is built in: it answers from all that its asker may read."
        return NoSuchAssistant(said, remedy="Set another one up; `default` itself stays as it is.")
    return NoSuchAssistant(
        f"There is no assistant {id_or_name[:64]!r}.",
        remedy="`pincite assistants list` and `GET /v1/assistants` list them.",
    )
