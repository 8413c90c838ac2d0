"""Accounts: who is asking, proved by a session or a key, as a `Scope`; and who there is to ask."""

from pincite.accounts.audit import Audit
from pincite.accounts.domain import ApiKey, NewApiKey, Permission, Role
from pincite.accounts.door import CurrentScope, Door, Requirement, check_declared, public, requires
from pincite.accounts.factors import Factors
from pincite.accounts.people import People
from pincite.accounts.service import Accounts
from pincite.accounts.watch import watched

__all__ = [
    "Accounts",
    "ApiKey",
    "Audit",
    "CurrentScope",
    "Door",
    "Factors",
    "NewApiKey",
    "People",
    "Permission",
    "Requirement",
    "Role",
    "check_declared",
    "public",
    "requires",
    "watched",
]
