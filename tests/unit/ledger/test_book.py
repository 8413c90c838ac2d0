"""The rules of reserving and settling, over random histories."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.core import Scope
from pincite.ledger import Budget, Call, Period, Purpose, Reservation, Spend, Spent, Subject
from pincite.ledger.book import Ask, Book, Refused, State, Tell, by_rule
from pincite.ledger.domain import dollars

NOON = datetime(2026, 3, 29, 12, 30, tzinfo=UTC)
ANNA = Scope("t", "anna", key="k1")
BEN = Scope("t", "ben")


def book(*budgets: Budget, now: datetime = NOON) -> Book:
    return Book(now, budgets, {}, {})


PLAIN = Budget("b", Subject.TENANT, "t", Period.DAY, limit_pico_usd=100, limit_tokens=None)


def call(pico: int, tokens: int = 0, *, priced: bool = True, purpose: Purpose | None = None) -> Call:
    return Call("chat", "openai:test", purpose or Purpose(), Spend(pico, tokens), priced)


def after(kept: Book) -> Book:
    """Return what the next transaction reads."""
    return Book(kept.now, kept.budgets, dict(kept.balances), kept.entries | kept.added)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from([ANNA, BEN]), st.integers(0, 60), st.integers(0, 60)),
        st.tuples(st.just("tell"), st.integers(0, 30), st.integers(0, 100), st.booleans()),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(steps, st.integers(0, 150), st.integers(0, 150), st.booleans())
def test_no_cap_is_passed_and_nothing_that_fits_is_refused(
    history: list[tuple[object, ...]], dollars: int, tokens: int, in_one: bool
) -> None:
    budgets = (
        replace(PLAIN, id="all", limit_pico_usd=dollars),
        replace(PLAIN, id="anna", subject=Subject.USER, subject_id="anna", limit_pico_usd=None, limit_tokens=tokens),
    )
    now = book(*budgets)
    bounds: dict[str, tuple[Scope, Spend]] = {}
    spent: dict[str, tuple[Scope, Spend]] = {}
    for number, (what, *rest) in enumerate(history):
        now = now if in_one else after(now)
        if what == "ask":
            scope, pico, count = rest
            assert isinstance(scope, Scope)
            assert isinstance(pico, int)
            assert isinstance(count, int)
            wanted = Spend(pico, count)
            taken = {name: total(bounds, name) + total(spent, name) for name in ("all", "anna")}
            concerned = [each for each in budgets if each.id == "all" or scope == ANNA]
            fits = all(each.fits(taken[each.id] + wanted) for each in concerned)
            answer = now.ask(Ask(f"c{number}", scope, Call("chat", "m", Purpose(), wanted)))
            assert isinstance(answer, Reservation) is fits
            if fits:
                bounds[f"c{number}"] = (scope, wanted)
            elif isinstance(answer, Refused):
                in_time = all(each.fits(total(spent, each.id) + wanted) for each in concerned)
                assert answer.later is in_time
        elif bounds:
            place, share, by_the_rule = rest
            assert isinstance(place, int)
            assert isinstance(share, int)
            name = sorted(bounds)[place % len(bounds)]
            scope, bound = bounds.pop(name)
            told = Spent(input_tokens=bound.tokens * share // 100, pico_usd=bound.pico_usd * share // 100)
            assert now.tell(Tell(name, told, State.EXPIRED if by_the_rule else State.SETTLED))
            spent[name] = (scope, told.spend)
        for each in budgets:
            balance = now.balances.get((each.id, began(each)))
            if balance is not None:
                assert balance.spent == total(spent, each.id)
                assert balance.reserved == total(bounds, each.id)
                assert each.fits(balance.taken)


def began(each: Budget) -> int:
    return int(each.period.window(NOON).timestamp())


def total(of: dict[str, tuple[Scope, Spend]], budget_id: str) -> Spend:
    counted = (spend for scope, spend in of.values() if budget_id == "all" or scope == ANNA)
    return sum(counted, Spend())


def test_a_call_is_settled_once_and_a_bill_by_rule_is_put_right_later() -> None:
    now = book(PLAIN)
    assert isinstance(now.ask(Ask("c", ANNA, call(40, 9))), Reservation)
    rule = by_rule(now.added["c"])
    assert (rule.spend, rule.estimated) == (Spend(40, 9), True)
    assert now.tell(Tell("c", rule, State.EXPIRED))
    assert not now.tell(Tell("c", rule, State.EXPIRED))
    assert now.tell(Tell("c", Spent(5, 2, pico_usd=11)))
    assert not now.tell(Tell("c", Spent(5, 2, pico_usd=12)))
    (balance,) = now.balances.values()
    assert (balance.spent, balance.reserved) == (Spend(11, 7), Spend())


def test_an_estimate_makes_room_for_no_more_than_there_is() -> None:
    now = book(PLAIN)
    now.ask(Ask("c", ANNA, call(60, 9)))
    assert now.tell(Tell("c", Spent(1, pico_usd=10, estimated=True), State.ESTIMATED))
    (balance,) = now.balances.values()
    assert (balance.spent, balance.reserved) == (Spend(10, 1), Spend(50, 8))
    assert isinstance(now.ask(Ask("d", ANNA, call(41))), Refused)
    assert now.tell(Tell("c", Spent(2, 4, pico_usd=33)))
    (balance,) = now.balances.values()
    assert (balance.spent, balance.reserved) == (Spend(33, 6), Spend())


def test_what_came_to_more_than_its_bound_is_counted_as_it_was() -> None:
    now = book(PLAIN)
    now.ask(Ask("c", ANNA, call(40)))
    now.tell(Tell("c", Spent(pico_usd=140)))
    refused = now.ask(Ask("d", ANNA, call(0)))
    assert isinstance(refused, Refused)
    assert not refused.later


def test_dollars_bound_no_model_without_a_price_and_tokens_do() -> None:
    refused = book(PLAIN).ask(Ask("c", ANNA, call(0, 5, priced=False)))
    assert isinstance(refused, Refused)
    assert refused.unpriced
    assert not refused.later
    counted = replace(PLAIN, limit_pico_usd=None, limit_tokens=10)
    assert isinstance(book(counted).ask(Ask("c", ANNA, call(0, 5, priced=False))), Reservation)


@pytest.mark.parametrize(
    ("subject", "of", "concerned"),
    [
        (Subject.TENANT, "t", {"anna", "ben"}),
        (Subject.USER, "anna", {"anna"}),
        (Subject.KEY, "k1", {"anna"}),
        (Subject.KEY, "k2", set[str]()),
        (Subject.ASSISTANT, "a1", {"ben"}),
    ],
)
def test_a_budget_bounds_whom_it_names(subject: Subject, of: str, concerned: set[str]) -> None:
    none_left = replace(PLAIN, subject=subject, subject_id=of, limit_pico_usd=0)
    refused = {
        scope.user
        for scope, purpose in ((ANNA, Purpose()), (BEN, Purpose(assistant="a1")))
        if isinstance(book(none_left).ask(Ask("c", scope, call(1, purpose=purpose))), Refused)
    }
    assert refused == concerned


def test_little_left_is_said_and_the_first_time_noted() -> None:
    now = book(replace(PLAIN, warn_percent=50, cheaper_percent=80))
    answers = [now.ask(Ask(f"c{n}", ANNA, call(30))) for n in range(3)]
    assert [(len(each.warnings), each.prefer_cheaper) for each in answers if isinstance(each, Reservation)] == [
        (0, False),
        (1, False),
        (1, True),
    ]
    assert len(now.warned) == 1


def test_windows_begin_in_utc_and_the_next_follows() -> None:
    late = datetime(2026, 12, 31, 23, 59, tzinfo=UTC).astimezone(tz=None)
    windows = {each: (each.window(late), each.next_window(late)) for each in Period}
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert windows[Period.HOUR] == (new_year - timedelta(hours=1), new_year)
    assert windows[Period.DAY] == (new_year - timedelta(days=1), new_year)
    assert windows[Period.MONTH] == (new_year - timedelta(days=31), new_year)
    assert windows[Period.TOTAL] == (datetime(1970, 1, 1, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("pico", "said"),
    [(0, "0.00"), (5 * 10**12, "5.00"), (1234567 * 10**9, "1,234.57"), (250 * 10**9, "0.25"), (1234 * 10**8, "0.1234"),
     (16 * 10**6, "0.000016"), (1, "0.000000000001"), (-2 * 10**8, "-0.0002")],
)  # fmt: skip
def test_money_is_said_so_that_it_says_something(pico: int, said: str) -> None:
    assert dollars(pico) == said
