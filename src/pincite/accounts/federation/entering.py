"""What becomes of somebody whom a provider proved: who they are here, in which groups and what role; one transaction.

Somebody is known by (provider, subject) and by nothing else. An address leads to a user where the provider's settings
allow it, and never to an owner nor to whoever has a second factor: those link themselves, signed in.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import Role, User
from pincite.accounts.federation.domain import AGAIN, NotKnownHere, Person, Provider, SignInRefused
from pincite.accounts.service import scope_of
from pincite.accounts.store import federation as store
from pincite.accounts.store import people as people_store
from pincite.accounts.store import proofs
from pincite.core import Conflict, Scope, new_id
from pincite.core.audit import note

Entry = tuple[str, dict[str, Any]]
"""An action for the audit log, with its detail."""


async def enter(tx: AsyncSession, provider: Provider, person: Person, now: datetime) -> tuple[User, list[Entry]]:
    """Return who somebody is here, with the groups and the role that the provider gives them, and what was done.

    Raises: NotKnownHere, Conflict; SignInRefused where the provider is another by now.
    """
    provider = await as_it_is(tx, provider)
    done: list[Entry] = []
    user = await store.known(tx, provider.id, person.subject)
    if user is None:
        user, done = await _come(tx, provider, person, now)
    if user.disabled or user.service:
        raise NotKnownHere("Your account here is disabled.", remedy="Ask an admin to enable it.")
    user, changed = await _aligned(tx, provider, person, user)
    return user, done + changed


async def attach(tx: AsyncSession, provider: Provider, person: Person, user: User, now: datetime) -> None:
    """Let a user who is signed in be somebody to a provider. Raises: Conflict, SignInRefused."""
    provider = await as_it_is(tx, provider)
    other = await store.known(tx, provider.id, person.subject)
    if other is not None and other.id != user.id:
        raise Conflict(
            f"At {provider.label} you are linked to another account here.", remedy="Sign in there as somebody else."
        )
    if other is None:
        if provider.settings.domains and (person.email is None or not _is_believed(provider, person.email)):
            raise Conflict(
                f"Your address at {provider.label} is in no domain that is taken from there.",
                remedy="Sign in there with the account that your organisation gave you.",
            )
        if await store.is_linked(tx, user.id, provider.id):
            raise Conflict(
                f"You are linked to another account at {provider.label} already.",
                remedy="Unlink that one under Settings, Account first.",
            )
        await store.link(tx, user, provider.id, person.subject, now)
        await note(tx, scope_of(user), "identity.linked", ("user", user.id), provider=provider.label)


async def as_it_is(tx: AsyncSession, provider: Provider) -> Provider:
    """Return a provider as it is now; neither it nor the tenant's people change until the transaction ends.

    Raises: SignInRefused where it was removed, or is another server by now: what was proved is not of that one.
    """
    await people_store.lock(tx, Scope(provider.tenant, ""))
    found = await store.provider(tx, provider.id)
    if found is None or (found.issuer, found.client_id) != (provider.issuer, provider.client_id):
        raise SignInRefused(f"{provider.label} was changed or removed while you signed in.", remedy=AGAIN)
    return found


async def _come(tx: AsyncSession, provider: Provider, person: Person, now: datetime) -> tuple[User, list[Entry]]:
    settings = provider.settings
    email = person.email if person.email is not None and _is_believed(provider, person.email) else None
    found = None if email is None else await store.by_email(tx, provider.tenant, email)
    if found is not None and settings.link_by_email:
        await _guard(tx, provider, found)
        await store.link(tx, found.user, provider.id, person.subject, now)
        return found.user, [_note("identity.linked", provider=provider.label, by="e-mail")]
    if email is None or not settings.create or not settings.domains:
        raise NotKnownHere(
            f"{provider.label} knows you, but nobody invited you here.",
            remedy="Ask an admin to let you in, with the e-mail address that you have there and that was verified.",
        )
    if await people_store.email_is_taken(tx, email):
        raise Conflict(
            "Somebody here has your e-mail address already.",
            remedy="Sign in as you did until now, and link the provider under Settings, Account.",
        )
    user = User(new_id(), provider.tenant, person.name, frozenset({settings.role}), email)
    await proofs.add_user(tx, user, now)
    await store.link(tx, user, provider.id, person.subject, now)
    return user, [_note("user.made", name=user.name, by=provider.label, role=settings.role)]


async def _guard(tx: AsyncSession, provider: Provider, found: store.Candidate) -> None:
    """Let an address lead to nobody who is worth more than an address. Raises: Conflict."""
    user = found.user
    if found.guarded or Role.OWNER in user.roles or await store.is_linked(tx, user.id, provider.id):
        raise Conflict(
            "Your e-mail address alone does not sign you in here.",
            remedy="Sign in as you did until now, and link the provider under Settings, Account.",
        )


async def _aligned(tx: AsyncSession, provider: Provider, person: Person, user: User) -> tuple[User, list[Entry]]:
    """Let a user have the groups and the role that the provider's are worth: what was taken away there is gone here."""
    done: list[Entry] = []
    scope = scope_of(user)
    role = _role_of(provider, person)
    if role is not None and Role.OWNER not in user.roles and user.roles != frozenset({str(role)}):
        await people_store.change_user(tx, scope, user.id, {"roles": proofs.roles_json({role})})
        done.append(_note("user.role-changed", before=user.roles, after=[role], by=provider.label))
        user = replace(user, roles=frozenset({role}))
    targets = {group for _, group in provider.settings.groups}
    if targets:
        there = await store.existing_groups(tx, provider.tenant, sorted(targets))
        wanted = there & {group for value, group in provider.settings.groups if value in person.groups}
        come, leave = sorted(wanted - user.groups), sorted((user.groups & targets) - wanted)
        await store.change_groups(tx, user, come, leave)
        if come or leave:
            done.append(_note("user.groups-set", came=come, left=leave, by=provider.label))
        user = replace(user, groups=(user.groups - frozenset(leave)) | frozenset(come))
    return user, done


def _role_of(provider: Provider, person: Person) -> Role | None:
    """Return the highest role that somebody's groups are worth; None where the provider has no say in it."""
    settings = provider.settings
    if not settings.roles:
        return None
    worth = [role for value, role in settings.roles if value in person.groups]
    return min(worth, key=list(Role).index, default=settings.role)


def _is_believed(provider: Provider, email: str) -> bool:
    domains = provider.settings.domains
    return not domains or email.rpartition("@")[2] in domains


def _note(action: str, **detail: Any) -> Entry:
    """Return what is to be written into the audit log at the end of the transaction."""
    return action, detail
