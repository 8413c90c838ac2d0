"""Every query on sign-in providers, on who people are to them, and on the sessions that their word began.

Whoever signs in has no scope yet: those queries run for the provider, whose tenant is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.accounts.domain import User
from pincite.accounts.federation.domain import Linked, Offer, Person, Provider
from pincite.accounts.settings import ProviderSettings
from pincite.accounts.store.proofs import visible_to, whole_user
from pincite.accounts.tables import (
    CodesRow,
    GroupRow,
    IdentityRow,
    LogoutWordRow,
    MemberRow,
    ProviderRow,
    ScimUserRow,
    SessionRow,
    UserRow,
)
from pincite.core import Scope


@dataclass(frozen=True, slots=True)
class Candidate:
    """A user who has an address; `guarded` says that more than an address is needed to be them."""

    user: User
    guarded: bool


async def offers(session: AsyncSession) -> list[Offer]:
    """Return all providers as anybody may know them who is to sign in, by their labels."""
    rows = (await session.execute(select(ProviderRow.id, ProviderRow.label).order_by(ProviderRow.label))).all()
    return [Offer(row[0], row[1]) for row in rows]


async def provider(session: AsyncSession, provider_id: str) -> Provider | None:
    """Return a provider by id, for somebody who is to sign in."""
    row = (await session.scalars(select(ProviderRow).where(ProviderRow.id == provider_id))).first()
    return None if row is None else _provider_of(row)


async def list_providers(session: AsyncSession, scope: Scope) -> list[Provider]:
    """Return the tenant's providers by label."""
    query = select(ProviderRow).where(visible_to(scope, ProviderRow)).order_by(ProviderRow.label, ProviderRow.id)
    return [_provider_of(row) for row in (await session.scalars(query)).all()]


async def put_provider(session: AsyncSession, scope: Scope, wanted: Provider, now: datetime) -> None:
    """Add a provider, or let the one of its id be so."""
    values = {
        "label": wanted.label,
        "issuer": wanted.issuer,
        "client_id": wanted.client_id,
        "sealed": wanted.sealed,
        "settings": wanted.settings.model_dump_json(),
    }
    mine = (visible_to(scope, ProviderRow), ProviderRow.id == wanted.id)
    changed = await session.execute(update(ProviderRow).where(*mine).values(**values).returning(ProviderRow.id))
    if changed.first() is None:
        await session.execute(
            insert(ProviderRow), [{**values, "id": wanted.id, "tenant": scope.tenant, "created_at": now}]
        )


async def drop_provider(session: AsyncSession, scope: Scope, provider_id: str) -> None:
    """Delete a provider with who people were to it, and end the sessions that its word began."""
    await session.execute(
        delete(SessionRow).where(visible_to(scope, SessionRow), SessionRow.provider_id == provider_id)
    )
    await session.execute(
        delete(IdentityRow).where(visible_to(scope, IdentityRow), IdentityRow.provider_id == provider_id)
    )
    await session.execute(delete(ProviderRow).where(visible_to(scope, ProviderRow), ProviderRow.id == provider_id))


async def known(session: AsyncSession, provider_id: str, subject: str) -> User | None:
    """Return who somebody of a provider is here, disabled or not."""
    query = (
        select(UserRow)
        .join(IdentityRow, IdentityRow.user_id == UserRow.id)
        .where(IdentityRow.provider_id == provider_id, IdentityRow.subject == subject)
    )
    row = (await session.scalars(query)).first()
    return None if row is None else await whole_user(session, row)


async def by_email(session: AsyncSession, tenant: str, email: str) -> Candidate | None:
    """Return the person of a tenant who has an address, and whether they have a second factor."""
    query = select(UserRow).where(UserRow.tenant == tenant, UserRow.email == email, UserRow.service.is_(False))
    row = (await session.scalars(query)).first()
    if row is None:
        return None
    second = exists().where(CodesRow.user_id == row.id, CodesRow.confirmed_at.is_not(None))
    return Candidate(await whole_user(session, row), bool(await session.scalar(select(second))))


async def link(session: AsyncSession, user: User, provider_id: str, subject: str, now: datetime) -> None:
    """Note who somebody is to a provider."""
    values = {
        "provider_id": provider_id,
        "subject": subject,
        "tenant": user.tenant,
        "user_id": user.id,
        "created_at": now,
    }
    await session.execute(insert(IdentityRow), [values])


async def is_linked(session: AsyncSession, user_id: str, provider_id: str) -> bool:
    """Say whether a user is somebody to a provider already."""
    query = select(exists().where(IdentityRow.user_id == user_id, IdentityRow.provider_id == provider_id))
    return bool(await session.scalar(query))


async def linked(session: AsyncSession, scope: Scope) -> list[Linked]:
    """Return the providers that the asker is linked to, by their labels."""
    query = (
        select(ProviderRow.id, ProviderRow.label, IdentityRow.created_at)
        .join(IdentityRow, IdentityRow.provider_id == ProviderRow.id)
        .where(visible_to(scope, IdentityRow), IdentityRow.user_id == scope.user)
        .order_by(ProviderRow.label, ProviderRow.id)
    )
    return [Linked(*row) for row in (await session.execute(query)).tuples()]


async def unlink(session: AsyncSession, scope: Scope, provider_id: str) -> None:
    """Let the asker be nobody to a provider, and end their sessions that its word began."""
    for row in (SessionRow, IdentityRow):
        mine = (visible_to(scope, row), row.user_id == scope.user, row.provider_id == provider_id)
        await session.execute(delete(row).where(*mine))


async def existing_groups(session: AsyncSession, tenant: str, group_ids: Sequence[str]) -> frozenset[str]:
    """Return those of the ids that are groups of the tenant."""
    query = select(GroupRow.id).where(GroupRow.tenant == tenant, GroupRow.id.in_(group_ids))
    return frozenset((await session.scalars(query)).all())


async def change_groups(session: AsyncSession, user: User, come: Sequence[str], leave: Sequence[str]) -> None:
    """Let a user come into groups and leave others."""
    mine = (MemberRow.tenant == user.tenant, MemberRow.user_id == user.id)
    if leave:
        await session.execute(delete(MemberRow).where(*mine, MemberRow.group_id.in_(leave)))
    if come:
        await session.execute(
            insert(MemberRow), [{"group_id": each, "user_id": user.id, "tenant": user.tenant} for each in come]
        )


async def begin_session(
    session: AsyncSession, user: User, secret_hash: str, by: tuple[Provider, Person], now: datetime, ends_at: datetime
) -> None:
    """Record that a browser is signed in by the word of a provider."""
    await session.execute(update(UserRow).where(UserRow.id == user.id).values(signed_in_at=now))
    values = {
        "begun_by": "provider",
        "provider_id": by[0].id,
        "provider_session": by[1].session,
        "secret_hash": secret_hash,
        "tenant": user.tenant,
        "user_id": user.id,
        "created_at": now,
        "last_used_at": now,
        "expires_at": ends_at,
        "ends_at": ends_at,
    }
    await session.execute(insert(SessionRow), [values])


async def provider_of_session(session: AsyncSession, scope: Scope, secret_hash: str) -> Provider | None:
    """Return the provider whose word began a session; None for a link or a password."""
    query = (
        select(ProviderRow)
        .join(SessionRow, SessionRow.provider_id == ProviderRow.id)
        .where(visible_to(scope, ProviderRow), SessionRow.secret_hash == secret_hash)
    )
    row = (await session.scalars(query)).first()
    return None if row is None else _provider_of(row)


async def use_word(session: AsyncSession, of: Provider, hashed: str, now: datetime, old: datetime) -> bool:
    """Note that a provider's word was used; False where it was before. Those used before `old` are forgotten."""
    await session.execute(delete(LogoutWordRow).where(LogoutWordRow.used_at < old))
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        kind(LogoutWordRow)
        .values(provider_id=of.id, hash=hashed, tenant=of.tenant, used_at=now)
        .on_conflict_do_nothing(index_elements=["provider_id", "hash"])
        .returning(LogoutWordRow.hash)
    )
    return (await session.execute(statement)).first() is not None


async def end_sessions(
    session: AsyncSession, of: Provider, before: datetime, *, subject: str | None, provider_session: str | None
) -> list[User]:
    """End sessions that a provider's word began before a time, and return whose they were.

    Those of a session of the provider's, or else all of one subject. Of a session here of which the provider never said
    what it calls its own nobody knows that it is another one: it ends with the subject's.
    """
    ended = delete(SessionRow).where(SessionRow.provider_id == of.id, SessionRow.created_at <= before)
    if subject is not None:
        whose = select(IdentityRow.user_id).where(IdentityRow.provider_id == of.id, IdentityRow.subject == subject)
        ended = ended.where(SessionRow.user_id.in_(whose))
    if provider_session is not None:
        named = SessionRow.provider_session == provider_session
        ended = ended.where(named if subject is None else named | SessionRow.provider_session.is_(None))
    ids = set((await session.scalars(ended.returning(SessionRow.user_id))).all())
    rows = (await session.scalars(select(UserRow).where(UserRow.id.in_(ids)).order_by(UserRow.id))).all()
    return [await whole_user(session, row) for row in rows]


async def origins(session: AsyncSession, scope: Scope, user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return, of users, the labels of the providers that they come from, and `SCIM` for those of a directory."""
    found: dict[str, list[str]] = {}
    directory = select(ScimUserRow.user_id).where(
        visible_to(scope, ScimUserRow), ScimUserRow.user_id.in_(user_ids), ScimUserRow.own
    )
    for user_id in (await session.scalars(directory)).all():
        found.setdefault(user_id, []).append("SCIM")
    linked = (
        select(IdentityRow.user_id, ProviderRow.label)
        .join(ProviderRow, ProviderRow.id == IdentityRow.provider_id)
        .where(visible_to(scope, IdentityRow), IdentityRow.user_id.in_(user_ids))
        .order_by(ProviderRow.label)
    )
    for user_id, label in (await session.execute(linked)).all():
        found.setdefault(user_id, []).append(label)
    return found


def _provider_of(row: ProviderRow) -> Provider:
    return Provider(
        id=row.id,
        tenant=row.tenant,
        label=row.label,
        issuer=row.issuer,
        client_id=row.client_id,
        settings=ProviderSettings.model_validate_json(row.settings),
        sealed=row.sealed,
    )
