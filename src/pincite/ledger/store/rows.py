"""What the store's queries share: whose rows they are, and rows as domain values and back."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy import Row as Found

from pincite.core import Scope
from pincite.ledger.book import Entry, State
from pincite.ledger.domain import Balance, Budget, Call, Period, Purpose, Saved, Spend, Spent, Subject
from pincite.ledger.tables import BudgetRow, EntryRow, WindowRow

Row = type[EntryRow] | type[BudgetRow] | type[WindowRow]
_BOOKED = ("spent_pico", "spent_tokens", "reserved_pico", "reserved_tokens", "warned")
_SAVED = ("hit", "saved_pico", "routed_pico")
ENDING = ("state", "input_tokens", "cached_tokens", "output_tokens", "cost_pico", "estimated", *_SAVED, "ended_at")


def visible_to(scope: Scope, row: Row) -> ColumnElement[bool]:
    """Rows of the asker's tenant; who of it may see which is what routes declare and `reports.py` narrows."""
    return row.tenant == scope.tenant


def values_of(scope: Scope, entry: Entry) -> dict[str, Any]:
    """Return a call as the columns of its row."""
    call, spent = entry.call, entry.spent
    return {
        "id": entry.id,
        "tenant": scope.tenant,
        "actor": entry.actor,
        "key_id": entry.key,
        "assistant": call.purpose.assistant,
        "answer": call.purpose.answer,
        "kind": call.kind,
        "stage": call.purpose.stage,
        "model": call.model,
        "state": entry.state.value,
        "holds": json.dumps([list(window) for window in entry.holds]),
        "reserved_pico": call.bound.pico_usd,
        "reserved_tokens": call.bound.tokens,
        "input_tokens": spent.input_tokens,
        "cached_tokens": spent.cached_tokens,
        "output_tokens": spent.output_tokens,
        "cost_pico": spent.pico_usd if call.priced else None,
        "estimated": spent.estimated,
        "hit": spent.saved.hit,
        "saved_pico": spent.saved.pico_usd,
        "routed_pico": spent.saved.routed_pico_usd,
        "created_at": entry.created_at,
        "expires_at": entry.expires_at,
        "ended_at": entry.ended_at,
    }


def entry_of(row: EntryRow | Found[Any]) -> Entry:
    """Return a row as the call that it is."""
    bound, priced = Spend(row.reserved_pico, row.reserved_tokens), row.cost_pico is not None
    return Entry(
        id=row.id,
        actor=row.actor,
        key=row.key_id,
        call=Call(row.kind, row.model, Purpose(row.stage, row.answer, row.assistant), bound, priced),
        holds=tuple((budget, began) for budget, began in json.loads(row.holds)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=State(row.state),
        spent=_spent(row),
        ended_at=row.ended_at,
    )


def _spent(row: EntryRow | Found[Any]) -> Spent:
    saved = Saved(row.saved_pico, row.routed_pico, row.hit)
    return Spent(row.input_tokens, row.output_tokens, row.cached_tokens, row.cost_pico, row.estimated, saved)


def budget_of(row: BudgetRow | Found[Any]) -> Budget:
    """Return a row as the budget that it is."""
    return Budget(
        row.id,
        Subject(row.subject),
        row.subject_id,
        Period(row.period),
        row.limit_pico,
        row.limit_tokens,
        row.warn_percent,
        row.cheaper_percent,
    )


def balance_of(row: WindowRow | Found[Any]) -> Balance:
    """Return how a window stands."""
    return Balance(Spend(row.spent_pico, row.spent_tokens), Spend(row.reserved_pico, row.reserved_tokens), row.warned)


def booked(balance: Balance) -> Mapping[str, Any]:
    """Return how a window stands as the columns of its row."""
    spent, reserved = balance.spent, balance.reserved
    values = (spent.pico_usd, spent.tokens, reserved.pico_usd, reserved.tokens, balance.warned)
    return dict(zip(_BOOKED, values, strict=True))
