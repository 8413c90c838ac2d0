"""The rules of reserving and settling, over what was read from the database: pure, in whole numbers.

A call passes where each of its budgets can bear its upper bound beside what is spent and reserved. What does not fit
beside what is *spent* never will in this window; what only reservations of others stand against may fit when those end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pincite.core import Scope
from pincite.ledger.domain import Balance, Budget, Call, Reservation, Spend, Spent, Subject

NOTHING = Spend()
Window = tuple[str, int]
"""A budget's id, and when its window began, in seconds since 1970."""


class State(StrEnum):
    """How much is known of what a call came to.

    Of `EXPIRED` nobody said it, so it is billed by rule at its bound; of `ESTIMATED` who made it did, by what came, and
    somebody may know better: what is left of its bound stays reserved till then.
    """

    RESERVED = "reserved"
    EXPIRED = "expired"
    ESTIMATED = "estimated"
    SETTLED = "settled"

    @property
    def rank(self) -> int:
        """What is said later counts where it ranks higher."""
        return list(State).index(self)


@dataclass(frozen=True, slots=True)
class Entry:
    """One call in the ledger; `spent` is what it came to, of one that is reserved nothing yet."""

    id: str
    actor: str
    key: str | None
    call: Call
    holds: tuple[Window, ...]
    created_at: datetime
    expires_at: datetime
    state: State = State.RESERVED
    spent: Spent = field(default_factory=Spent)
    ended_at: datetime | None = None

    @property
    def held(self) -> Spend:
        """What is reserved for it in its budgets now."""
        if self.state is State.RESERVED:
            return self.call.bound
        if self.state is State.ESTIMATED:
            left = self.call.bound - self.spent.spend
            return Spend(max(0, left.pico_usd), max(0, left.tokens))
        return NOTHING


@dataclass(frozen=True, slots=True)
class Ask:
    """May this call be made?"""

    id: str
    scope: Scope
    call: Call


@dataclass(frozen=True, slots=True)
class Tell:
    """This is what a call came to, as far as `state` says."""

    id: str
    spent: Spent
    state: State = State.SETTLED


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that a budget stands against: for as long as its window lasts, or until others have settled (`later`)."""

    budget: Budget
    balance: Balance
    now: datetime
    later: bool
    unpriced: bool = False


@dataclass(slots=True)
class Book:
    """What a transaction has read of a tenant's ledger, and what it changes.

    Args:
        now: the database's time.
        budgets: all of the tenant's.
        balances: of the windows that are concerned.
        entries: those that are told of.
    """

    now: datetime
    budgets: Sequence[Budget]
    balances: dict[Window, Balance]
    entries: dict[str, Entry]
    added: dict[str, Entry] = field(default_factory=dict[str, Entry])
    changed: set[str] = field(default_factory=set[str])
    moved: set[Window] = field(default_factory=set[Window])
    warned: list[Budget] = field(default_factory=list[Budget])

    def ask(self, ask: Ask) -> Reservation | Refused:
        """Reserve the call's bound in each budget that concerns it, or say which stands against it."""
        bound = ask.call.bound
        concerned = {(each.id, began_at(each, self.now)): each for each in concerning(self.budgets, ask)}
        refusals = [
            refusal for window, budget in concerned.items() if (refusal := self._refusal(budget, window, ask.call))
        ]
        if refusals:
            return min(refusals, key=lambda each: each.later)  # what stands for good is said first
        for window in concerned:
            self._move(window, reserved=bound)
        entry = Entry(
            id=ask.id,
            actor=ask.scope.user,
            key=ask.scope.key,
            call=ask.call,
            holds=tuple(concerned),
            created_at=self.now,
            expires_at=self.now + timedelta(seconds=ask.call.lasts_s),
        )
        self.added[entry.id] = entry
        return Reservation(
            entry.id,
            ask.scope.tenant,
            warnings=tuple(each.said for window, each in concerned.items() if self._warns(each, window)),
            prefer_cheaper=any(
                each.cheaper_percent is not None and each.reaches(each.cheaper_percent, self.balances[window].taken)
                for window, each in concerned.items()
            ),
        )

    def tell(self, tell: Tell) -> bool:
        """Settle a call; returns whether that changed anything. Who knows better puts right what was said before."""
        entry = self.entries.get(tell.id) or self.added.get(tell.id)
        if entry is None or entry.state.rank >= tell.state.rank:
            return False
        settled = replace(entry, state=tell.state, spent=tell.spent, ended_at=self.now)
        for window in self.balances.keys() & set(entry.holds):  # the budget of one that is not there is gone
            self._move(window, reserved=settled.held - entry.held, spent=settled.spent.spend - entry.spent.spend)
        if tell.id in self.added:
            self.added[tell.id] = settled
        else:
            self.entries[tell.id] = settled
            self.changed.add(tell.id)
        return True

    def _refusal(self, budget: Budget, window: Window, call: Call) -> Refused | None:
        balance = self.balances.get(window, Balance())
        if budget.limit_pico_usd is not None and not call.priced:
            return Refused(budget, balance, self.now, later=False, unpriced=True)
        if budget.fits(balance.taken + call.bound):
            return None
        return Refused(budget, balance, self.now, later=budget.fits(balance.spent + call.bound))

    def _move(self, window: Window, *, reserved: Spend = NOTHING, spent: Spend = NOTHING) -> None:
        now = self.balances.get(window, Balance())
        self.balances[window] = replace(now, reserved=now.reserved + reserved, spent=now.spent + spent)
        self.moved.add(window)

    def _warns(self, budget: Budget, window: Window) -> bool:
        balance = self.balances[window]
        if not budget.reaches(budget.warn_percent, balance.taken):
            return False
        if not balance.warned:
            self.balances[window] = replace(balance, warned=True)
            self.warned.append(budget)
        return True


def concerning(budgets: Iterable[Budget], ask: Ask) -> list[Budget]:
    """Return the budgets that a call counts to."""
    ids = ids_of(ask.scope.tenant, ask.scope.user, ask.scope.key, ask.call.purpose.assistant)
    return [each for each in budgets if ids[each.subject] == each.subject_id]


def ids_of(tenant: str, user: str, key: str | None, assistant: str | None) -> Mapping[Subject, str | None]:
    """Return by the kind of subject which one a call counts to."""
    return {Subject.TENANT: tenant, Subject.USER: user, Subject.KEY: key, Subject.ASSISTANT: assistant}


def began_at(budget: Budget, moment: datetime) -> int:
    """Return when the budget's window began that a moment lies in, in seconds since 1970."""
    return int(budget.period.window(moment.astimezone(UTC)).timestamp())


def by_rule(entry: Entry) -> Spent:
    """Return what a call is billed at of which nobody said what it came to: its bound, so that no cap is passed."""
    bound = entry.call.bound
    return Spent(input_tokens=bound.tokens, pico_usd=bound.pico_usd if entry.call.priced else None, estimated=True)
