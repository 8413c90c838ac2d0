"""How entries of the audit log look to programs, in HTTP, exports and `--json`; and what can be looked for.

What an entry is and how it is chained is in `core/trail.py`.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pincite.accounts.audit_chain import Wanted
from pincite.core.trail import Entry


class EntryBody(BaseModel):
    """Something that was done or refused; `client` is an address, `command line` or `system`.

    `hash` chains it to the entry before it; `detail` is said in few words and differs from action to action.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "seq": 7141,
                "at": "2026-11-20T09:00:00Z",
                "actor": "01a1fb30",
                "actor_name": "Ada",
                "key": None,
                "action": "document.removed",
                "object_kind": "document",
                "object_id": "01a1fb2f",
                "detail": {"name": "rules.pdf"},
                "client": "192.0.2.7",
                "agent": "Mozilla/5.0",
                "request": "01a1fb55",
                "outcome": "done",
                "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            }
        }
    )

    seq: int
    at: datetime
    actor: str
    actor_name: str
    key: str | None
    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    client: str
    agent: str
    request: str
    outcome: str
    hash: str

    @classmethod
    def of(cls, entry: Entry) -> "EntryBody":
        """Make it of an entry."""
        return cls(**{**line_of(entry), "detail": json.loads(entry.detail)})


class EntryList(BaseModel):
    """Entries, newest first."""

    items: list[EntryBody]
    next_cursor: str | None = None


class Filters(BaseModel):
    """What is looked for; all of it must be so."""

    model_config = ConfigDict(extra="forbid")

    actor: Annotated[str | None, Field(max_length=200, description="A user's id, or their name at that time.")] = None
    action: Annotated[str | None, Field(max_length=60, description="How the action begins, as in `grant.`.")] = None
    object: Annotated[str | None, Field(max_length=200, description="The id of what it was done to.")] = None
    since: Annotated[AwareDatetime | None, Field(description="From this time on.")] = None
    until: Annotated[AwareDatetime | None, Field(description="Before this time.")] = None

    def wanted(self) -> Wanted:
        """Return it as the use cases take it."""
        return Wanted(self.actor, self.action, self.object, self.since, self.until)


class PageFilters(Filters):
    """What is looked for, and which page of it."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(pattern=r"^[0-9]{1,18}$", description="`next_cursor` of the last page.")] = None


def line_of(entry: Entry) -> dict[str, Any]:
    """Return an entry as a line of an export: all that its hash is made of, as it is written for that."""
    return {**asdict(entry), "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds")}
