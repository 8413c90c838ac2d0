"""Accounts: who is asking, proved by a session or a key, as a `Scope`."""

from pincite.accounts.domain import ApiKey, Denied, NewApiKey, Owner, Permission, Unauthenticated, User
from pincite.accounts.door import CurrentScope, Door, Requirement, check_declared, public, requires
from pincite.accounts.service import Accounts

__all__ = [
    "Accounts",
    "ApiKey",
    "CurrentScope",
    "Denied",
    "Door",
    "NewApiKey",
    "Owner",
    "Permission",
    "Requirement",
    "Unauthenticated",
    "User",
    "check_declared",
    "public",
    "requires",
]
