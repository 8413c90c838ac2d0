"""The tables of accounts. Private to `store.py`; secrets are kept as sha256 only, never as they are.

A hash of 256 random bits needs no salt and no slow function: there is nothing to guess.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
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
    """Somebody who can sign in. `roles` is a JSON list of names."""

    __tablename__ = "accounts_users"
    __table_args__ = (Index(None, "tenant", "id"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]


class KeyRow(Table):
    """An API key that acts as a user."""

    __tablename__ = "accounts_keys"
    __table_args__ = (Index(None, "tenant", "id"),)

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id"))
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(20))
    secret_hash: Mapped[str] = mapped_column(_HASH, unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class SessionRow(Table):
    """A browser that is signed in, until `expires_at`, which moves on as it is used."""

    __tablename__ = "accounts_sessions"

    secret_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInTokenRow(Table):
    """A one-time token; its row is deleted by the one who uses it."""

    __tablename__ = "accounts_sign_in_tokens"

    secret_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("accounts_tenants.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("accounts_users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
