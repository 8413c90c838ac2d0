"""Who asks, as a value: the first argument of every function that touches a tenant's data.

How a scope is established from a key or a session belongs to `accounts`.
"""

from dataclasses import dataclass, field
from datetime import datetime

_SEE_ALL = frozenset({"owner", "admin", "system"})


@dataclass(frozen=True, slots=True)
class Scope:
    """The asker: a tenant and, within it, a user with groups and roles.

    `roles` are plain names (`owner`, `editor`, ...); what a role may do is decided in `accounts`. `permissions` are
    those that an API key or a job is narrowed to, None where the roles say it all; `until` is when that key ends, if it
    does, and `key` its id. `name` is what the user is called.
    """

    tenant: str
    user: str
    groups: frozenset[str] = field(default_factory=frozenset[str])
    roles: frozenset[str] = field(default_factory=frozenset[str])
    permissions: frozenset[str] | None = None
    until: datetime | None = None
    key: str | None = field(default=None, compare=False)
    name: str = field(default="", compare=False)

    @property
    def sees_all(self) -> bool:
        """Whether no grant is needed for what is the tenant's: for owners, admins and the installation's own work."""
        return not _SEE_ALL.isdisjoint(self.roles)


def system_scope(tenant: str) -> Scope:
    """Return the scope that the installation's own work for a tenant (ingest, sweeps, repair) is done under."""
    return Scope(tenant, user="system", roles=frozenset({"system"}), name="system")


EVERY_TENANT = Scope("*", "system", roles=frozenset({"system"}), name="system")
"""For transactions of the installation's own work that look at all tenants; no tenant has that name."""
