"""Ledger: what models cost, reserved before each call and settled after it; budgets that are never passed."""

from pincite.ledger.domain import (
    Balance,
    Budget,
    BudgetExceeded,
    Call,
    Period,
    PriceUnknown,
    Purpose,
    Reservation,
    Spend,
    Spent,
    Subject,
)
from pincite.ledger.service import Ledger
from pincite.ledger.spending import By, Line, Wanted

__all__ = [
    "Balance",
    "Budget",
    "BudgetExceeded",
    "By",
    "Call",
    "Ledger",
    "Line",
    "Period",
    "PriceUnknown",
    "Purpose",
    "Reservation",
    "Spend",
    "Spent",
    "Subject",
    "Wanted",
]
