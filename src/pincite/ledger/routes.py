"""Spending and budgets over HTTP. Translation only.

Everybody sees what they spent themselves; whoever may administrate, the whole tenant's.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from pincite.accounts import Accounts, CurrentScope, People, Permission, requires
from pincite.core import InvalidInput, Scope
from pincite.ledger.domain import Subject
from pincite.ledger.schemas import BudgetBody, BudgetList, BudgetWanted, CostLine, CostReport, sheet
from pincite.ledger.service import Ledger
from pincite.ledger.spending import By, Wanted

Grouped = Annotated[
    list[By] | None, Query(max_length=len(By), description="What lines are put together by; may be repeated.")
]
Since = Annotated[datetime | None, Query(description="Calls from this time on.")]
Until = Annotated[datetime | None, Query(description="Calls before this time.")]
OfAnswer = Annotated[str | None, Query(max_length=64, description="Only the calls made for this answer.")]
User = Annotated[str | None, Query(max_length=64, description="Only this user's calls.")]


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _wanted(
    by: Grouped = None, since: Since = None, until: Until = None, user: User = None, answer: OfAnswer = None
) -> Wanted:
    """Return what a report is about; a time without a zone is UTC. Raises: InvalidInput."""
    if by is not None and len(set(by)) < len(by):
        raise InvalidInput("`by` names something twice.", remedy="Name each once.")
    return Wanted(tuple(by or ()), _utc(since), _utc(until), user, answer)


_Report = Annotated[Wanted, Depends(_wanted)]


class _Csv(Response):
    media_type = "text/csv"


class LedgerRoutes:
    """What was spent on models, and the budgets that bound it."""

    def __init__(
        self, ledger: Ledger, accounts: Accounts, people: People, assistant_id: Callable[[Scope, str], Awaitable[str]]
    ) -> None:
        """Make them; `assistant_id` returns what calls count to that are made for an assistant, by its id or name."""
        self._ledger = ledger
        self._accounts = accounts
        self._people = people
        self._assistant_id = assistant_id

    def router(self) -> APIRouter:
        """Return the routes, each with its permission."""
        router = APIRouter(prefix="/v1", tags=["usage"])
        add = router.add_api_route
        own, admin = [requires(Permission.SELF)], [requires(Permission.ADMIN)]
        add("/usage/costs", self.costs, methods=["GET"], dependencies=own, summary="Show what was spent on models")
        router.add_api_route(
            "/usage/costs.csv",
            self.costs_csv,
            methods=["GET"],
            dependencies=own,
            response_class=_Csv,
            summary="Export what was spent on models",
        )
        add("/budgets", self.budgets, methods=["GET"], dependencies=admin, summary="List budgets")
        add("/budgets", self.set_budget, methods=["POST"], dependencies=admin, summary="Set a budget")
        add(
            "/budgets/{budget_id}",
            self.remove_budget,
            methods=["DELETE"],
            dependencies=admin,
            status_code=204,
            summary="Remove a budget",
        )
        return router

    async def costs(self, scope: CurrentScope, wanted: _Report) -> CostReport:
        """Return cost and tokens of calls of models, the dearest line first; without `by`, one line for all."""
        lines = await self._ledger.report(scope, wanted)
        return CostReport(since=wanted.since, until=wanted.until, items=[CostLine.of_line(each) for each in lines])

    async def costs_csv(self, scope: CurrentScope, wanted: _Report) -> Response:
        """Return the same as CSV, with exact dollars."""
        text = sheet(wanted.by, await self._ledger.report(scope, wanted))
        headers = {"Content-Disposition": 'attachment; filename="costs.csv"'}
        return _Csv(text, headers=headers)

    async def budgets(self, scope: CurrentScope) -> BudgetList:
        """List the tenant's budgets and how each stands in the window that is now."""
        return BudgetList(items=[BudgetBody.of(*each) for each in await self._ledger.budgets(scope)])

    async def set_budget(self, scope: CurrentScope, body: BudgetWanted) -> BudgetBody:
        """Bound what somebody may spend in each period, or bound it otherwise; what they spent in this one counts."""
        if body.subject is Subject.USER and body.subject_id is not None:
            await self._people.user(scope, body.subject_id)
        if body.subject is Subject.KEY and body.subject_id is not None:
            await self._accounts.key(scope, body.subject_id)
        if body.subject is Subject.ASSISTANT and body.subject_id is not None:
            body = body.model_copy(update={"subject_id": await self._assistant_id(scope, body.subject_id)})
        made = await self._ledger.set_budget(scope, body.budget(scope.tenant))
        return next(BudgetBody.of(*each) for each in await self._ledger.budgets(scope) if each[0].id == made.id)

    async def remove_budget(self, scope: CurrentScope, budget_id: Annotated[str, Path(max_length=64)]) -> None:
        """Bound that spending no longer."""
        await self._ledger.remove_budget(scope, budget_id)
