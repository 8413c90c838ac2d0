"""Ledger: what models cost, reserved before each call and settled after it; budgets that are never passed."""

from pincite.ledger.domain import (
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
from pincite.ledger.spending import By, Wanted
from pincite.ledger.work import at_hand, made_for

__all__ = [
    "Budget",
    "BudgetExceeded",
    "By",
    "Call",
    "Ledger",
    "Period",
    "PriceUnknown",
    "Purpose",
    "Reservation",
    "Spend",
    "Spent",
    "Subject",
    "Wanted",
    "at_hand",
    "made_for",
]
