"""The bodies of budgets and of spending over HTTP, and spending as CSV: dollars as numbers, shares in percent."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pincite.ledger.domain import MOST_TOKENS, MOST_USD, Balance, Budget, Period, Spend, Subject, dollars, usd_of
from pincite.ledger.spending import By, Line

_COUNTS = ("calls", "running", "unpriced", "estimated", "input_tokens", "cached_tokens", "output_tokens", "hits")
_SAVED = ("saved_by_replies_usd", "saved_by_prompts_usd", "saved_by_routing_usd")
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BudgetWanted(BaseModel):
    """Whom a budget bounds, how much, and after how long it begins anew; of the tenant, `subject_id` is left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"subject": "user", "subject_id": "01a1fb40", "period": "day", "limit_usd": 5.0}},
    )

    subject: Subject
    subject_id: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    period: Period
    limit_usd: Annotated[
        float | None, Field(ge=0, le=MOST_USD, allow_inf_nan=False, description="Most dollars a period; null: any.")
    ] = None
    limit_tokens: Annotated[
        int | None, Field(ge=0, le=MOST_TOKENS, description="Most tokens a period, read and written; null: any.")
    ] = None
    warn_percent: Annotated[int, Field(ge=1, le=100, description="From this share on answers warn.")] = 80
    cheaper_percent: Annotated[
        int | None, Field(ge=1, le=100, description="From this share on calls go to a cheaper model, if there is one.")
    ] = None

    def budget(self, tenant: str) -> Budget:
        """Return the budget, which has no id yet."""
        return Budget(
            id="",
            subject=self.subject,
            subject_id=tenant if self.subject is Subject.TENANT else self.subject_id or "",
            period=self.period,
            limit_pico_usd=None if self.limit_usd is None else Spend.at_most(Decimal(str(self.limit_usd)), 0).pico_usd,
            limit_tokens=self.limit_tokens,
            warn_percent=self.warn_percent,
            cheaper_percent=self.cheaper_percent,
        )


class Amount(BaseModel):
    """Money and tokens."""

    usd: float = Field(examples=[1.25])
    tokens: int = Field(examples=[120_000])

    @classmethod
    def of(cls, spend: Spend) -> "Amount":
        """Make the body."""
        return cls(usd=float(usd_of(spend.pico_usd)), tokens=spend.tokens)


class BudgetBody(BaseModel):
    """A budget, and how it stands now: what was spent in its window, and what calls under way have reserved."""

    id: str
    subject: Subject
    subject_id: str
    period: Period
    limit_usd: float | None
    limit_tokens: int | None
    warn_percent: int
    cheaper_percent: int | None
    spent: Amount
    reserved: Amount

    @classmethod
    def of(cls, budget: Budget, balance: Balance) -> "BudgetBody":
        """Make the body."""
        return cls(
            id=budget.id,
            subject=budget.subject,
            subject_id=budget.subject_id,
            period=budget.period,
            limit_usd=None if budget.limit_pico_usd is None else float(usd_of(budget.limit_pico_usd)),
            limit_tokens=budget.limit_tokens,
            warn_percent=budget.warn_percent,
            cheaper_percent=budget.cheaper_percent,
            spent=Amount.of(balance.spent),
            reserved=Amount.of(balance.reserved),
        )


class BudgetList(BaseModel):
    """All budgets of the tenant, oldest first."""

    items: list[BudgetBody]


class SavedBody(BaseModel):
    """Dollars that were not spent: less where negative, as keeping a prompt costs that nobody reads again.

    `replies_usd` is what replies had cost that were given again; `prompts_usd` what providers' own caches of prompts
    took off; `routing_usd` what the first strong model of a route had asked for as many tokens beyond what was paid.
    """

    replies_usd: float
    prompts_usd: float
    routing_usd: float

    @classmethod
    def of_line(cls, line: Line) -> "SavedBody":
        """Make the body."""
        return cls(
            replies_usd=float(usd_of(line.hit_pico_usd)),
            prompts_usd=float(usd_of(line.prompt_pico_usd)),
            routing_usd=float(usd_of(line.routed_pico_usd)),
        )


class CostLine(BaseModel):
    """What calls of models came to that have something in common, which `of` says.

    `cost_usd` leaves out `unpriced` calls, whose model has no known price. Of `estimated` ones the provider did not say
    what was used; `running` ones are not over. `cost_per_answer_usd` is of those that were made for answers.
    """

    of: dict[By, str | None] = Field(examples=[{"model": "openai:gpt-5-mini"}])
    calls: int
    running: int
    unpriced: int
    estimated: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float
    answers: int
    cost_per_answer_usd: float | None
    hits: int = Field(description="Replies that were kept and given again; no calls.")
    saved: SavedBody

    @classmethod
    def of_line(cls, line: Line) -> "CostLine":
        """Make the body."""
        return cls(
            of=dict(line.of),
            calls=line.calls,
            running=line.running,
            unpriced=line.unpriced,
            estimated=line.estimated,
            input_tokens=line.input_tokens,
            cached_tokens=line.cached_tokens,
            output_tokens=line.output_tokens,
            cost_usd=float(usd_of(line.pico_usd)),
            answers=line.answers,
            cost_per_answer_usd=float(usd_of(line.answer_pico_usd) / line.answers) if line.answers else None,
            hits=line.hits,
            saved=SavedBody.of_line(line),
        )


class CostReport(BaseModel):
    """Lines, the dearest first, of calls from `since` to before `until`."""

    since: datetime | None
    until: datetime | None
    items: list[CostLine]


def shown(usd: float) -> str:
    """Return US dollars for people."""
    return f"${dollars(Spend.at_most(Decimal(str(usd)), 0).pico_usd)}"


def sheet(by: Sequence[By], lines: Iterable[Line]) -> str:
    """Return CSV (RFC 4180) with a head; dollars are exact, and no cell is a formula."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow([*(each.value for each in by), *_COUNTS, "cost_usd", "answers", "answers_cost_usd", *_SAVED])
    for line in lines:
        counts = [getattr(line, name) for name in _COUNTS]
        usd = [f"{usd_of(line.pico_usd):f}", line.answers, f"{usd_of(line.answer_pico_usd):f}"]
        saved = [f"{usd_of(each):f}" for each in (line.hit_pico_usd, line.prompt_pico_usd, line.routed_pico_usd)]
        rows.writerow([*(_plain(line.of[each]) for each in by), *counts, *usd, *saved])
    return written.getvalue()


def _plain(cell: str | None) -> str:
    text = cell or ""
    return f"'{text}" if text.startswith(_FORMULA) else text
