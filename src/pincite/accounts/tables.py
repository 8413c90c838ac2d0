"""The tables of accounts. Private to `store/`; secrets are kept as sha256 only, never as they are.

A hash of 256 random bits needs no salt and no slow function: there is nothing to guess. Passwords are kept as argon2id.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from pincite.core import Table

_ID = String(64)
_HASH = String(64)


class TenantRow(Table):
    """The boundary of isolation. `slug` is unique, so that two starting processes make one first tenant."""

    __tablename__ = "accounts_tenants"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class UserRow(Table):
    """Somebody who can sign in, or a program (`service`). `roles` is a JSON list of names, `email` in lower case."""

    __tablename__ = "accounts_users"
    __table_args__ = (Index(None, "tenant", "id"), Index("uq_accounts_users_email", "email", unique=True))

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(String(320))
    service: Mapped[bool] = mapped_column(Boolean, server_default=false())
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class GroupRow(Table):
    """People who are granted things together."""

    __tablename__ = "accounts_groups"
    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class MemberRow(Table):
    """That a user is in a group."""

    __tablename__ = "accounts_members"
    __table_args__ = (Index(None, "user_id"),)

    group_id: Mapped[str] = mapped_column(ForeignKey("accounts_groups.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))


class KeyRow(Table):
    """An API key that acts as a user. `permissions` is a JSON list of those it is narrowed to, NULL for all."""

    __tablename__ = "accounts_keys"
    __table_args__ = (Index(None, "tenant", "id"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id"))
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(20))
    secret_hash: Mapped[str] = mapped_column(_HASH, unique=True)
    permissions: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class SessionRow(Table):
    """A browser that is signed in, until `expires_at`, which moves on as it is used, but never past `ends_at`.

    Of one that a provider's word began `provider_session` is what the provider calls its own; `agent` is what the
    browser calls itself.
    """

    __tablename__ = "accounts_sessions"

    secret_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    begun_by: Mapped[str] = mapped_column(String(10), server_default="link")
    provider_id: Mapped[str | None] = mapped_column(_ID)
    provider_session: Mapped[str | None] = mapped_column(String(255))
    ends_at: Mapped[datetime | None]
    agent: Mapped[str | None] = mapped_column(String(200))


class SignInTokenRow(Table):
    """A one-time token; its row is deleted by the one who uses it."""

    __tablename__ = "accounts_sign_in_tokens"

    secret_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class PasswordRow(Table):
    """A user's password as argon2id, with its salt and parameters."""

    __tablename__ = "accounts_passwords"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str] = mapped_column(_ID)
    hash: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime]


class CodesRow(Table):
    """A second factor that counts since `confirmed_at`: the secret, sealed, and the last step whose code was used."""

    __tablename__ = "accounts_codes"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str] = mapped_column(_ID)
    sealed: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryRow(Table):
    """A code that is good once in place of a second factor; its row is deleted by the one who uses it."""

    __tablename__ = "accounts_recovery_codes"

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id", ondelete="CASCADE"), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    tenant: Mapped[str] = mapped_column(_ID)


class HalfSessionRow(Table):
    """That somebody gave their password, and owes a code; nothing else can be done with it."""

    __tablename__ = "accounts_half_sessions"
    __table_args__ = (Index(None, "user_id"),)

    secret_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id", ondelete="CASCADE"))
    tenant: Mapped[str] = mapped_column(_ID)
    expires_at: Mapped[datetime]


class TriesRow(Table):
    """How often a secret was tried in vain for an address or from a client, which `key` is a hash of."""

    __tablename__ = "accounts_tries"
    __table_args__ = (Index(None, "last_at"),)

    key: Mapped[str] = mapped_column(_HASH, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime]
    until: Mapped[datetime | None]


class ProviderRow(Table):
    """An OpenID provider that people of a tenant sign in with; `settings` is JSON, the client's secret is sealed."""

    __tablename__ = "accounts_providers"
    __table_args__ = (Index(None, "tenant"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    label: Mapped[str] = mapped_column(String(100))
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    sealed: Mapped[str | None] = mapped_column(Text)
    settings: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class IdentityRow(Table):
    """Who somebody is to a provider: `subject` is its name for them, which never goes to anybody else."""

    __tablename__ = "accounts_identities"
    __table_args__ = (Index(None, "user_id"),)

    provider_id: Mapped[str] = mapped_column(ForeignKey("accounts_providers.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    tenant: Mapped[str] = mapped_column(_ID)
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]


class LogoutWordRow(Table):
    """That a provider's word which ended sessions was used; `hash` is of what the provider calls it."""

    __tablename__ = "accounts_logout_words"
    __table_args__ = (Index(None, "used_at"),)

    provider_id: Mapped[str] = mapped_column(ForeignKey("accounts_providers.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    tenant: Mapped[str] = mapped_column(_ID)
    used_at: Mapped[datetime]


class ScimUserRow(Table):
    """A user as a directory knows them. `user_key` is the name that it has for them, in lower case.

    Whom it only found here, and did not make, is not its `own`.
    """

    __tablename__ = "accounts_scim_users"
    __table_args__ = (UniqueConstraint("tenant", "user_key"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str] = mapped_column(_ID)
    user_name: Mapped[str] = mapped_column(String(320))
    user_key: Mapped[str] = mapped_column(String(320))
    external_id: Mapped[str | None] = mapped_column(String(255))
    given_name: Mapped[str | None] = mapped_column(String(100))
    family_name: Mapped[str | None] = mapped_column(String(100))
    own: Mapped[bool] = mapped_column(Boolean, server_default=true())
    changed_at: Mapped[datetime]


class ScimGroupRow(Table):
    """A group as a directory knows it: one that it made, or that was handed to it. It sees no other."""

    __tablename__ = "accounts_scim_groups"

    group_id: Mapped[str] = mapped_column(ForeignKey("accounts_groups.id", ondelete="CASCADE"), primary_key=True)
    tenant: Mapped[str] = mapped_column(_ID)
    external_id: Mapped[str | None] = mapped_column(String(255))
    changed_at: Mapped[datetime]
