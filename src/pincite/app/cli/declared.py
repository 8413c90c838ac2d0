"""What each command takes, as data: permissions of whom it acts as, or that it is the installation's own.

A command that is not in the table stops the program before any runs; `acting.py` holds each to what stands here.
"""

from collections.abc import Collection, Mapping
from enum import Enum

from pincite.accounts import Permission


class Own(Enum):
    """Of a command that concerns all tenants or the process itself: it acts as nobody who could be named."""

    INSTALLATION = "the installation's own"


Takes = tuple[Permission, ...] | Own

_SELF, _READ, _WRITE = (Permission.SELF,), (Permission.READ,), (Permission.WRITE,)
_ADMIN, _AUDIT = (Permission.ADMIN,), (Permission.AUDIT,)
_OWN = Own.INSTALLATION

# What has a route of its own takes what that takes; what it may be done to is said by grants, there and here alike.
COMMANDS: Mapping[str, Takes] = {
    "demo": _OWN,
    "serve": _OWN,
    "worker": _OWN,
    "simulate": _OWN,
    "fsck": _OWN,
    "doctor": _OWN,
    "reindex": _OWN,
    "context": _OWN,
    "backup": _OWN,
    "restore": _OWN,
    "tenants list": _OWN,
    "tenants create": _OWN,
    "tenants quota": _OWN,
    "erase tenant": _OWN,
    "audit verify": _OWN,
    "keys sign-in-link": _OWN,
    "add": (Permission.READ, Permission.WRITE),
    "list": _READ,
    "remove": _WRITE,
    "pause": _WRITE,
    "cancel": _WRITE,
    "retry": _WRITE,
    "reparse": _WRITE,
    "ask": _READ,
    "search": _READ,
    "assistants list": _READ,
    "assistants show": _READ,
    "assistants add": _ADMIN,
    "assistants change": _ADMIN,
    "assistants rename": _ADMIN,
    "assistants likeness": _ADMIN,
    "assistants remove": _ADMIN,
    "assistants tune": _ADMIN,
    "batches list": _READ,
    "batches pause": _WRITE,
    "batches resume": _WRITE,
    "batches retry": _WRITE,
    "batches cancel": _WRITE,
    "batches forget": _WRITE,
    "collections list": _READ,
    "collections personal-data": _WRITE,
    "collections keep": _WRITE,
    "grants list": _WRITE,
    "grants give": _WRITE,
    "grants take": _WRITE,
    # Conversations of others that quote a document go with it, before it is removed.
    "erase document": _ADMIN,
    "erase user": _ADMIN,
    "erase files": _ADMIN,
    # Golden sets are the whole tenant's and may hold passages of any document: no grant hides them.
    "eval sets": _ADMIN,
    "eval import": _ADMIN,
    "eval export": _ADMIN,
    "eval remove": _ADMIN,
    "eval run": _ADMIN,
    "eval gate": _ADMIN,
    "eval shadows": _ADMIN,
    "eval tune": _ADMIN,
    "usage": _SELF,
    "budgets list": _ADMIN,
    "budgets set": _ADMIN,
    "budgets remove": _ADMIN,
    "hold set": _ADMIN,
    "hold list": _ADMIN,
    "hold release": _ADMIN,
    "sources add": _ADMIN,
    "sources list": _ADMIN,
    "sources change": _ADMIN,
    "sources sync": _ADMIN,
    "sources pause": _ADMIN,
    "sources resume": _ADMIN,
    "sources remove": _ADMIN,
    "users list": _ADMIN,
    "users invite": _ADMIN,
    "users change": _ADMIN,
    "users remove": _ADMIN,
    "users link": _ADMIN,
    "users hand-over": _ADMIN,
    "groups list": _ADMIN,
    "groups create": _ADMIN,
    "groups add": _ADMIN,
    "groups drop": _ADMIN,
    "groups remove": _ADMIN,
    "groups hand-over": _ADMIN,
    "sign-in list": _ADMIN,
    "sign-in add": _ADMIN,
    "sign-in change": _ADMIN,
    "sign-in remove": _ADMIN,
    "sign-in check": _ADMIN,
    "keys create": _SELF,
    "keys rotate": _SELF,
    "keys list": _SELF,
    "keys revoke": _SELF,
    "audit list": _AUDIT,
    "audit export": _AUDIT,
}


def check_declared(names: Collection[str], declared: Mapping[str, Takes] = COMMANDS) -> None:
    """Make sure that commands and declarations are the same. Raises: RuntimeError, naming those that are not."""
    missing = sorted(name for name in names if not declared.get(name))
    if missing:
        raise RuntimeError(f"commands that declare nothing in cli/declared.py: {', '.join(missing)}")
    gone = sorted(set(declared) - set(names))
    if gone:
        raise RuntimeError(f"declared in cli/declared.py, and no commands: {', '.join(gone)}")
