"""What the ledger counts, as values: spending, budgets and their windows, calls, reservations and what they came to.

Money is in whole picodollars (10^-12 US dollars), so that sums are exact on every database. No I/O here.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from pincite.core.errors import ErrorKind, PinciteError

PICO = 10**12
MOST_USD = 1_000_000
MOST_TOKENS = 10**15


class Subject(StrEnum):
    """Whose spending a budget bounds."""

    TENANT = "tenant"
    USER = "user"
    KEY = "key"
    ASSISTANT = "assistant"


class Period(StrEnum):
    """After how long a budget begins anew, in UTC; `TOTAL` never does."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    TOTAL = "total"

    def window(self, now: datetime) -> datetime:
        """Return when the window that `now` lies in began."""
        if self is Period.TOTAL:
            return datetime.fromtimestamp(0, UTC)
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self is Period.HOUR:
            return hour
        return hour.replace(hour=0) if self is Period.DAY else hour.replace(hour=0, day=1)

    def next_window(self, now: datetime) -> datetime | None:
        """Return when the next window begins; None where there is none."""
        begun = self.window(now)
        if self is Period.TOTAL:
            return None
        if self is Period.MONTH:
            return (begun + timedelta(days=32)).replace(day=1)
        return begun + (timedelta(hours=1) if self is Period.HOUR else timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Spend:
    """Money and tokens; of a change, less where negative."""

    pico_usd: int = 0
    tokens: int = 0

    @classmethod
    def at_most(cls, usd: Decimal, tokens: int) -> "Spend":
        """Return a bound: money rounded up."""
        return cls(int((usd * PICO).to_integral_value(ROUND_CEILING)), tokens)

    def __add__(self, other: "Spend") -> "Spend":
        """Return the sum."""
        return Spend(self.pico_usd + other.pico_usd, self.tokens + other.tokens)

    def __sub__(self, other: "Spend") -> "Spend":
        """Return the difference."""
        return Spend(self.pico_usd - other.pico_usd, self.tokens - other.tokens)


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a subject may spend in each window; a limit of None bounds nothing.

    `subject_id` is the tenant's, a user's, a key's or an assistant's id. From `warn_percent` of a limit on it is said
    that little is left, and from `cheaper_percent` on calls go to the cheaper tier of their route, where it has one.
    """

    id: str
    subject: Subject
    subject_id: str
    period: Period
    limit_pico_usd: int | None
    limit_tokens: int | None
    warn_percent: int = 80
    cheaper_percent: int | None = None

    def fits(self, spend: Spend) -> bool:
        """Say whether so much may be spent in one window."""
        return (self.limit_pico_usd is None or spend.pico_usd <= self.limit_pico_usd) and (
            self.limit_tokens is None or spend.tokens <= self.limit_tokens
        )

    def reaches(self, percent: int, spend: Spend) -> bool:
        """Say whether so much is a share of a limit or more."""
        return (self.limit_pico_usd is not None and spend.pico_usd * 100 >= self.limit_pico_usd * percent) or (
            self.limit_tokens is not None and spend.tokens * 100 >= self.limit_tokens * percent
        )

    def counted(self, spend: Spend) -> str:
        """Say to people what it counts of so much: `$0.0123`, `1,200 tokens` or both."""
        counts = [] if self.limit_pico_usd is None else [f"${dollars(spend.pico_usd)}"]
        counts += [] if self.limit_tokens is None else [f"{spend.tokens:,} tokens"]
        return " or ".join(counts)

    def room(self, spent: Spend) -> str:
        """Say to people what is left beside so much: nothing where more was spent before there was the budget."""
        pico_usd = max(0, (self.limit_pico_usd or 0) - spent.pico_usd)
        return self.counted(Spend(pico_usd, max(0, (self.limit_tokens or 0) - spent.tokens)))

    @property
    def said(self) -> str:
        """Names it to people: `$5.00 a day for this user`."""
        limits = [] if self.limit_pico_usd is None else [f"${dollars(self.limit_pico_usd)}"]
        limits += [] if self.limit_tokens is None else [f"{self.limit_tokens:,} tokens"]
        often = (
            "in total"
            if self.period is Period.TOTAL
            else f"{'an' if self.period is Period.HOUR else 'a'} {self.period}"
        )
        whose = {"tenant": "the whole organisation", "key": "this API key"}.get(self.subject, f"this {self.subject}")
        return f"{' or '.join(limits)} {often} for {whose}"


@dataclass(frozen=True, slots=True)
class Balance:
    """What was spent in a window of a budget, and what is reserved by calls that are under way."""

    spent: Spend = field(default_factory=Spend)
    reserved: Spend = field(default_factory=Spend)
    warned: bool = False

    @property
    def taken(self) -> Spend:
        """Both together: what can have been spent by now."""
        return self.spent + self.reserved


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a call is made for: a stage of the work (`answer`, `expansion`, ...), of which answer and assistant."""

    stage: str = "chat"
    answer: str | None = None
    assistant: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model, before it is made.

    Args:
        kind: `chat`, `embedding`, `rerank` or `moderation`.
        model: `provider:model`.
        purpose: what it is for.
        bound: the most that it can come to.
        priced: whether the model has a known price; without one no budget in dollars lets it pass.
        lasts_s: after so many seconds it is over at the latest, however it ended.
    """

    kind: str
    model: str
    purpose: Purpose
    bound: Spend
    priced: bool = True
    lasts_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Saved:
    """What was not spent on a call, in picodollars; less where negative.

    `hit` says that no provider was asked: a reply that was kept was given again, and `pico_usd` is what it had cost.
    Else `pico_usd` is what the provider's own cache saved, keeping paid. `routed_pico_usd` is what the first strong
    model of its route had asked for as many tokens, beyond what this one did.
    """

    pico_usd: int = 0
    routed_pico_usd: int = 0
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """What a call came to.

    `pico_usd` is None where the model has no known price. `estimated` says that the provider did not tell; `cached` of
    the input tokens were read from its cache. `saved` is what it would have cost beside that.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    pico_usd: int | None = 0
    estimated: bool = False
    saved: Saved = field(default_factory=Saved)

    @classmethod
    def of(
        cls, input_tokens: int, output_tokens: int, cached_tokens: int, usd: Decimal | None, *, estimated: bool
    ) -> "Spent":
        """Return what a call came to, of dollars: rounded to even where there is less than a picodollar."""
        pico = None if usd is None else _within(int((usd * PICO).to_integral_value(ROUND_HALF_EVEN)), MOST_USD * PICO)
        read, written, cached = (_within(each, MOST_TOKENS) for each in (input_tokens, output_tokens, cached_tokens))
        return cls(read, written, cached, pico, estimated)

    @classmethod
    def again(cls, usd: Decimal) -> "Spent":
        """Return what it came to that a kept reply was given again, which had cost so much: nothing."""
        return cls(saved=Saved(_signed(usd), hit=True))

    def beside(self, usd: Decimal, routed_usd: Decimal | None) -> "Spent":
        """Return the same, with what the provider's cache and the route saved; None where that is not known."""
        return replace(self, saved=Saved(_signed(usd), 0 if routed_usd is None else _signed(routed_usd)))

    @property
    def usd(self) -> Decimal | None:
        """What it came to in US dollars, exactly; None where the model has no known price."""
        return None if self.pico_usd is None else usd_of(self.pico_usd)

    @property
    def spend(self) -> Spend:
        """What budgets count of it."""
        return Spend(self.pico_usd or 0, self.input_tokens + self.output_tokens)


@dataclass(frozen=True, slots=True)
class Reservation:
    """That a call may be made; `settle` says later what it came to.

    `warnings` name budgets of which little is left, `prefer_cheaper` says that one asks for the cheaper tier.
    """

    id: str
    tenant: str
    warnings: tuple[str, ...] = ()
    prefer_cheaper: bool = False


class BudgetExceeded(PinciteError):
    """A call would pass a budget; it was not made. `retry_after_s` is None where the budget never begins anew."""

    code = "budget-exceeded"
    kind = ErrorKind.RATE_LIMITED

    def __init__(self, message: str, *, remedy: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class PriceUnknown(PinciteError):
    """A budget in dollars bounds the asker, and nobody knows what the model costs; the call was not made."""

    code = "price-unknown"
    kind = ErrorKind.INVALID


def _within(number: int, most: int) -> int:
    """Return a number that a provider said, or the nearest that can be true: it is stored, and added to others."""
    return min(max(0, number), most)


def _signed(usd: Decimal) -> int:
    """Return picodollars, negative ones too, within what a column takes."""
    return max(-MOST_USD * PICO, min(MOST_USD * PICO, int((usd * PICO).to_integral_value(ROUND_HALF_EVEN))))


def usd_of(pico_usd: int) -> Decimal:
    """Return US dollars, exactly."""
    return Decimal(pico_usd) / PICO


def dollars(pico_usd: int) -> str:
    """Return US dollars for people: cents, and of less than a dollar as many places as say something, four at least."""
    usd = usd_of(pico_usd)
    if usd == usd.quantize(Decimal("0.01")) or abs(usd) >= 1:
        return f"{usd:,.2f}"
    places = 4
    while abs(usd) * 10**places < 10 and usd != round(usd, places):
        places += 1
    return f"{usd:.{places}f}"
