"""The ledger as a service: reserve before a call, settle after it, budgets, and what became of calls without an end.

No web. A call that cannot be reserved is not made: where the database does not answer, no model is asked.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from pincite.core import Conflict, Database, InvalidInput, NotFound, PinciteError, Scope, get_logger, new_id, utc_now
from pincite.core.audit import Deed, deed, note, note_all
from pincite.core.database import database_now
from pincite.core.scope import EVERY_TENANT, system_scope
from pincite.core.together import all_of
from pincite.ledger.book import Ask, Entry, Refused, State, Tell, by_rule
from pincite.ledger.domain import (
    MOST_TOKENS,
    MOST_USD,
    PICO,
    Balance,
    Budget,
    BudgetExceeded,
    Call,
    Period,
    PriceUnknown,
    Reservation,
    Spend,
    Spent,
    Subject,
)
from pincite.ledger.spending import Line, Wanted
from pincite.ledger.store.budgets import (
    balances_now,
    budgets_of,
    drop_budgets,
    drop_old_windows,
    let_budgets_be,
    put_budget,
)
from pincite.ledger.store.entries import close_book, doubtful, entries_of, open_book, overdue
from pincite.ledger.store.reports import lines
from pincite.ledger.turns import Answer, Turns, Write

MOST_BUDGETS = 1000
SWEEP_S = 10.0
_AT_ONCE = 100
# So long after its time limit a provider is asked what a call came to that is only estimated.
_ASKED_FOR = timedelta(minutes=10)
_LONGEST_ID = 64
_CLOSE_S = 5.0
_SEEN_AFTER_S = 5.0
_ASKED_AT_ONCE = 8
_TIDY_S, _KEPT_FOR = 3600.0, timedelta(days=90)
log = get_logger(__name__)


class Evidence(Protocol):
    """Whoever can say afterwards what a call came to, by the id that it was sent with."""

    async def spent(self, scope: Scope, call_id: str, call: Call) -> Spent | None:
        """Return what a call came to; None where it is not known, or not yet."""
        ...


class Ledger:
    """The record of what calls of models may come to and came to, exact over several processes.

    Args:
        database: where it is kept.
        evidence: who can be asked about calls that nobody settled.
    """

    def __init__(self, database: Database, evidence: Evidence | None = None) -> None:
        self._db = database
        self._evidence = evidence
        self._turns: dict[str, Turns] = {}
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look for calls that nobody settled, until `close`."""
        self._sweeping = asyncio.create_task(self._sweep_on(), name="ledger-sweep")

    async def close(self) -> None:
        """Stop, when what was told is written down, or after a few seconds."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.wait([self._sweeping])
        waits = [asyncio.create_task(each.settled()) for each in self._turns.values() if not each.idle]
        if waits:
            _, late = await asyncio.wait(waits, timeout=_CLOSE_S)
            for each in late:
                each.cancel()

    async def reserve(self, scope: Scope, call: Call, *, patience_s: float = 0.0) -> Reservation:
        """Let a call be made, or not. Whoever has a reservation must `settle` it, whatever became of the call.

        Args:
            scope: who makes it.
            call: what it is, and the most that it can come to.
            patience_s: how long to wait where it fits but for what others have reserved.

        Raises:
            BudgetExceeded: a budget stands against it.
            PriceUnknown: a budget in dollars bounds the asker, and the model has no known price.
            Unavailable: the database did not answer.
        """
        answer = await self._turns_of(scope.tenant).ask(Ask(new_id(), scope, call), patience_s)
        if isinstance(answer, Reservation):
            return answer
        raise _refusal(answer, call)

    def settle(self, reservation: Reservation, spent: Spent) -> None:
        """Have it written down what a call came to. Returns at once; nothing of this process overtakes it."""
        # Where somebody may know better, an estimate must not make room for more than there is.
        is_final = self._evidence is None or not spent.estimated
        state = State.SETTLED if is_final else State.ESTIMATED
        self._turns_of(reservation.tenant).tell(Tell(reservation.id, spent, state))

    def note_with_next(self, scope: Scope, action: str, about: tuple[str, str]) -> None:
        """Have it noted in the audit log what somebody does, in the transaction of the call that they reserve next.

        Returns at once; it is written soon where they reserve none. `pincite.core.audit.note` says what is noted.
        """
        self._turns_of(scope.tenant).note(deed(scope, action, about))

    async def note_now(self, scope: Scope, action: str, about: tuple[str, str]) -> None:
        """Note it in a transaction of its own, where no call need be reserved. Raises: Unavailable, StorageFull."""
        async with self._db.transaction(scope) as session:
            await note(session, scope, action, about)

    async def budgets(self, scope: Scope) -> list[tuple[Budget, Balance]]:
        """Return the tenant's budgets and how each stands now."""
        await self._settled(scope)
        async with self._db.read(scope) as session:
            found = await budgets_of(session, scope)
            balances = await balances_now(session, scope, found)
        return [(each, balances[each.id]) for each in found]

    async def set_budget(self, scope: Scope, budget: Budget) -> Budget:
        """Bound what somebody may spend, or bound it otherwise where there is a budget for that period already.

        What was spent in the window before the budget was made counts. An `id` of "" is made here.

        Raises: InvalidInput, Conflict (too many).
        """
        _check(budget)
        async with self._db.transaction(scope) as session:
            await let_budgets_be(session, scope, alone=True)
            known = await budgets_of(session, scope)
            same = [each for each in known if _place(each) == _place(budget)]
            if not same and len(known) >= MOST_BUDGETS:
                raise Conflict(f"There are {MOST_BUDGETS} budgets already.", remedy="Remove some.")
            budget = replace(budget, id=same[0].id if same else new_id())
            await put_budget(session, scope, budget)
            await note(session, scope, "budget.set", ("budget", budget.id), bound=budget.said, of=budget.subject_id)
        return budget

    async def remove_budget(self, scope: Scope, budget_id: str) -> None:
        """Bound that spending no longer. Raises: NotFound."""
        async with self._db.transaction(scope) as session:
            known = {each.id: each for each in await budgets_of(session, scope)}
            if budget_id not in known:
                raise NotFound("There is no such budget.", remedy="`pincite budgets list` shows their ids.")
            await drop_budgets(session, scope, [budget_id])
            await note(session, scope, "budget.removed", ("budget", budget_id), bound=known[budget_id].said)

    async def forget_subject(self, scope: Scope, subject: Subject, subject_id: str, *, only_count: bool = False) -> int:
        """Remove the budgets of somebody who is gone; what they spent stays. Returns how many those are."""
        async with self._db.transaction(scope) as session:
            known = await budgets_of(session, scope)
            theirs = [each for each in known if each.subject is subject and each.subject_id == subject_id]
            if not only_count:
                await drop_budgets(session, scope, [each.id for each in theirs])
                for each in theirs:
                    await note(session, scope, "budget.removed", ("budget", each.id), bound=each.said)
        return len(theirs)

    async def report(self, scope: Scope, wanted: Wanted) -> list[Line]:
        """Return what was spent, one line for each group that was asked for, the dearest first.

        Whoever may administrate sees the whole tenant's, others what they spent themselves.
        """
        everyone = scope.sees_all and (scope.permissions is None or "admin" in scope.permissions)
        await self._settled(scope)
        async with self._db.read(scope) as session:
            return await lines(session, scope, wanted, everyone=everyone)

    async def spent_on(self, scope: Scope, answer_id: str) -> Spent | None:
        """Return what the asker's calls for an answer came to that are over; None where none were made."""
        found = await self.report(scope, Wanted(answer=answer_id))
        if not found:
            return None
        (line,) = found
        pico = None if line.unpriced else line.pico_usd
        return Spent(line.input_tokens, line.output_tokens, line.cached_tokens, pico, line.estimated > 0)

    async def entry(self, scope: Scope, entry_id: str) -> Entry:
        """Return one call. Raises: NotFound."""
        await self._settled(scope)
        async with self._db.read(scope) as session:
            found = await entries_of(session, scope, [entry_id])
        if entry_id not in found:
            raise NotFound("There is no such call.")
        return found[entry_id]

    async def sweep(self) -> int:
        """Settle calls of all tenants that are over and that nobody settled: by evidence, else by rule at their bound.

        Where there is evidence, what was estimated lately is put right by it as well. Returns how many have changed.
        """
        async with self._db.read(EVERY_TENANT) as session:
            found = await overdue(session, most=_AT_ONCE)
            if self._evidence is not None:
                found += await doubtful(session, newer_than=_ASKED_FOR, most=_AT_ONCE)
        settled = 0
        for tenant in dict.fromkeys(tenant for tenant, _ in found):
            ids = [each for its, each in found if its == tenant]
            # One tenant's calls that cannot be settled hold up nobody else's.
            settled += await _logged(self._sweep_of(system_scope(tenant), ids))
        return settled

    async def _sweep_of(self, scope: Scope, ids: Sequence[str]) -> int:
        async with self._db.read(scope) as session:
            found = await entries_of(session, scope, ids)
        gate = asyncio.Semaphore(_ASKED_AT_ONCE)
        tells = await all_of(self._told(scope, entry, gate) for entry in found.values())
        async with self._db.transaction(scope) as session:
            book = await open_book(session, scope, (), tells)
            changed = [each for each in tells if book.tell(each)]
            await close_book(session, scope, book)
        for each in changed:
            log.warning("call settled by others", call=each.id, state=each.state.value)
        return len(changed)

    async def _told(self, scope: Scope, entry: Entry, gate: asyncio.Semaphore) -> Tell:
        known = None
        if self._evidence is not None:
            async with gate:
                known = await self._evidence.spent(scope, entry.id, entry.call)
        is_over = utc_now() > entry.expires_at
        # That a call never came is believed when it can come no more: its provider may write it down late.
        if known is not None and (is_over or known.spend != Spend()):
            return Tell(entry.id, known)
        if entry.state is State.RESERVED:
            return Tell(entry.id, by_rule(entry), State.EXPIRED)
        is_late = entry.state is State.ESTIMATED and utc_now() > entry.expires_at + _ASKED_FOR
        return Tell(entry.id, entry.spent, State.SETTLED if is_late else entry.state)

    async def _tidy(self) -> int:
        """Delete windows of all tenants that were over long ago."""
        async with self._db.transaction(EVERY_TENANT) as session:
            await drop_old_windows(session, await database_now(session) - _KEPT_FOR)
        return 0

    async def _sweep_on(self) -> None:
        tidied = time.monotonic()
        while True:
            await asyncio.sleep(SWEEP_S)
            await _logged(self.sweep())
            if time.monotonic() > tidied + _TIDY_S:
                await _logged(self._tidy())
                tidied = time.monotonic()

    def _turns_of(self, tenant: str) -> Turns:
        if tenant not in self._turns:
            for each in [name for name, turns in self._turns.items() if turns.idle]:
                del self._turns[each]
            self._turns[tenant] = Turns(self._writer(system_scope(tenant)))
        return self._turns[tenant]

    async def _settled(self, scope: Scope) -> None:
        """Wait until what this process has told is written down, for it to be seen."""
        if scope.tenant in self._turns:
            with contextlib.suppress(TimeoutError):  # where it cannot be written, what was is shown
                await asyncio.wait_for(self._turns[scope.tenant].settled(), _SEEN_AFTER_S)

    def _writer(self, scope: Scope) -> Write:
        async def write(asks: Sequence[Ask], tells: Sequence[Tell], deeds: Sequence[Deed]) -> Sequence[Answer]:
            async with self._db.transaction(scope) as session:
                book = await open_book(session, scope, asks, tells)
                for tell in tells:
                    book.tell(tell)
                answers = [book.ask(ask) for ask in asks]
                await close_book(session, scope, book)
                warned = [
                    deed(scope, "budget.warned", ("budget", budget.id), bound=budget.said) for budget in book.warned
                ]
                if deeds or warned:
                    await note_all(session, scope, [*deeds, *warned])
            return answers

        return write


async def _logged(work: Awaitable[int]) -> int:
    """Do what is done again in a while, and let it fail till then: what cannot be added up or stored as well."""
    try:
        return await work
    except (PinciteError, SQLAlchemyError, ArithmeticError, ValueError) as error:
        log.warning("ledger not swept", problem=str(error))
        return 0


def _refusal(refused: Refused, call: Call) -> PinciteError:
    """Return the error that says why a call is not made."""
    budget = refused.budget
    if refused.unpriced:
        return PriceUnknown(
            f"The price of {call.model} is not known, and there is a budget of {budget.said}.",
            remedy="Say what it costs in PINCITE_MODEL_PRICES (0/0 where it is free), or bound tokens instead.",
        )
    begins = budget.period.next_window(refused.now)
    raising = "An admin can raise it under Usage, or with `pincite budgets set`."
    if refused.later:
        message = f"Calls that are under way may use up the budget of {budget.said}."
        return BudgetExceeded(message, remedy="Try again in a moment.", retry_after_s=1)
    rest = budget.room(refused.balance.spent)
    message = f"The budget of {budget.said} has {rest} left, and this call may come to {budget.counted(call.bound)}."
    if begins is None:
        return BudgetExceeded(message, remedy=raising)
    wait_s = max(1, math.ceil((begins - refused.now).total_seconds()))
    remedy = f"It begins anew at {begins:%Y-%m-%d %H:%M} UTC. {raising}"
    return BudgetExceeded(message, remedy=remedy, retry_after_s=wait_s)


def _place(budget: Budget) -> tuple[Subject, str, Period]:
    return budget.subject, budget.subject_id, budget.period


def _check(budget: Budget) -> None:
    """Pass a budget that bounds something. Raises: InvalidInput."""
    usd, tokens = budget.limit_pico_usd, budget.limit_tokens
    if usd is None and tokens is None:
        raise InvalidInput("A budget bounds dollars, tokens or both.", remedy="Give one of them.")
    if not 0 <= (usd or 0) <= MOST_USD * PICO or not 0 <= (tokens or 0) <= MOST_TOKENS:
        raise InvalidInput(
            "That is no limit of a budget.", remedy=f"Give 0 to {MOST_USD:,} dollars, or 0 to {MOST_TOKENS:,} tokens."
        )
    if not 1 <= budget.warn_percent <= 100 or not 1 <= (budget.cheaper_percent or 1) <= 100:
        raise InvalidInput("A share of a budget is no percentage.", remedy="Give 1 to 100.")
    if not 0 < len(budget.subject_id) <= _LONGEST_ID:
        raise InvalidInput("Nobody is bounded by that budget.", remedy="Give the id of whom it bounds.")
