"""Who asks, as a value: the first argument of every function that touches a tenant's data.

How a scope is established from a key or a session belongs to `accounts`.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Scope:
    """The asker: a tenant and, within it, a user with groups and roles.

    `roles` are plain names (`owner`, `editor`, ...); what a role may do is decided in `accounts`.
    """

    tenant: str
    user: str
    groups: frozenset[str] = field(default_factory=frozenset[str])
    roles: frozenset[str] = field(default_factory=frozenset[str])
