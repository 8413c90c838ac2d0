"""What the simulated provider is told: what is refused, when faults strike, and what they do to a request."""

import pytest

from pincite.app.simulation import FAULTS, Asked, Behaviour, Director, Fault, Told, behaviour_of, fault_of
from pincite.app.simulation.domain import Kind, Wire
from pincite.core import InvalidInput

CHAT = Asked(Kind.CHAT, Wire.OPENAI, {"model": "m", "messages": [{"role": "user", "content": "Hm?"}]}, "key")
EMBEDDINGS = Asked(Kind.EMBEDDINGS, Wire.OPENAI, {"model": "m", "input": "Hm?"}, "key")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def told_by(*spellings: str, asked: Asked = CHAT) -> Told:
    return Director(Behaviour(faults=tuple(fault_of(each) for each in spellings))).decide(asked)


@pytest.mark.parametrize(
    ("spelling", "changed"),
    [
        ("hang", {"hang": True}),
        ("html", {"page": True}),
        ("drip", {"drip_s": 1.0}),
        ("drip=0.25", {"drip_s": 0.25}),
        ("drop=1200", {"drop_at_byte": 1200}),
        ("drop", {"drop_at_byte": 0}),
        ("stall=7", {"stall_at_byte": 7}),
        ("garble=7", {"garble_at_byte": 7}),
        ("break=2", {"drop_after": 2}),
        ("malformed=0", {"malformed_after": 0}),
        ("usage=3", {"usage": 3.0}),
        ("usage=0", {"usage": 0.0}),
        ("no-usage", {"usage": None}),
        ("no-finish", {"no_finish": True}),
        ("long=7", {"times": 7.0, "keeps_limit": False}),
    ],
)
def test_each_fault_does_what_it_says_and_nothing_else(spelling: str, changed: dict[str, object]) -> None:
    told, fine = told_by(spelling), told_by()
    seen = {name: getattr(told, name) for name in Told.__slots__ if getattr(told, name) != getattr(fine, name)}
    assert seen == {**changed, "faults": (spelling.partition("=")[0],)}


def test_every_fault_is_done() -> None:
    for kind in FAULTS:
        told = told_by(kind)
        assert told.faults == (kind,)
        assert told != told_by()


@pytest.mark.parametrize(
    ("spelling", "status", "retry_after_s"),
    [("status", 500, None), ("status=429", 429, 5), ("status=429,retry_after_s=0", 429, 0), ("status=529", 529, None)],
)
def test_a_status_says_when_to_come_again(spelling: str, status: int, retry_after_s: int | None) -> None:
    refusal = told_by(spelling).refusal
    assert refusal is not None
    assert (refusal.status, refusal.retry_after_s) == (status, retry_after_s)


def test_several_faults_strike_one_request_and_the_first_refusal_counts() -> None:
    told = told_by("drip=0.5", "status=503", "status=429")
    assert told.refusal is not None
    assert (told.refusal.status, told.drip_s, told.faults) == (503, 0.5, ("drip", "status", "status"))


def test_an_outage_has_a_beginning_and_an_end_and_begins_anew_when_it_is_set_anew() -> None:
    clock = Clock()
    director = Director(Behaviour(faults=(fault_of("status=503,from_s=30,until_s=90"),)), clock)
    seen: list[bool] = []
    for clock.now in (1_000.0, 1_029.9, 1_030.0, 1_089.9, 1_090.0):
        seen.append(director.decide(CHAT).refusal is not None)
    assert seen == [False, False, True, True, False]
    director.set(director.behaviour)
    clock.now += 30
    assert director.decide(CHAT).refusal is not None


def test_the_first_so_many_are_counted_among_those_that_it_is_for() -> None:
    director = Director(Behaviour(faults=(fault_of("hang,first=2,only=embeddings+rerank"),)))
    asked = [CHAT, EMBEDDINGS, CHAT, EMBEDDINGS, EMBEDDINGS]
    assert [director.decide(each).hang for each in asked] == [False, True, False, True, False]


def test_a_share_is_a_share_and_the_same_for_the_same_seed() -> None:
    def struck(seed: int, share: float = 0.3) -> list[bool]:
        director = Director(Behaviour(seed=seed, faults=(Fault(kind="hang", share=share),)))
        return [director.decide(CHAT).hang for _ in range(2_000)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 0.25 < sum(struck(1)) / 2_000 < 0.35
    assert not any(struck(1, 0.0))
    assert all(struck(1, 1.0))


def test_latency_has_a_jitter_that_goes_by_the_seed() -> None:
    def waits(seed: int) -> list[float]:
        director = Director(Behaviour(latency_s=0.5, jitter_s=2.0, seed=seed))
        return [director.decide(CHAT).latency_s for _ in range(200)]

    assert waits(1) == waits(1) != waits(2)
    assert all(0.5 <= each < 2.5 for each in waits(1))
    assert max(waits(1)) - min(waits(1)) > 1.5


def test_any_key_and_model_will_do_unless_some_are_named() -> None:
    assert Director().decide(CHAT).refusal is None
    some = Director(Behaviour(keys=frozenset({"key"}), models=("m",)))
    assert some.decide(CHAT).refusal is None
    assert some.models == ("m",)
    for keys, models, status in [({"other"}, ("m",), 401), ({"key"}, ("n",), 404)]:
        refusal = Director(Behaviour(keys=frozenset(keys), models=models)).decide(CHAT).refusal
        assert refusal is not None
        assert refusal.status == status
        assert "other" not in refusal.message


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"faults": [{"kind": "fire"}]}, "faults.0: there is no fault 'fire'; there are status, hang"),
        ({"faults": [{"kind": "status", "value": 200}]}, "status takes 400 to 599"),
        ({"faults": [{"kind": "hang", "value": 1}]}, "hang takes no value"),
        ({"faults": [{"kind": "drop", "value": 1.5}]}, "drop takes a whole number"),
        ({"faults": [{"kind": "drop", "value": -1}]}, "drop takes 0 to"),
        ({"faults": [{"kind": "drip", "value": 0}]}, "drip takes 0.001 to 3600"),
        ({"faults": [{"kind": "hang", "share": 1.5}]}, "faults.0.share"),
        ({"faults": [{"kind": "hang", "first": 0}]}, "faults.0.first"),
        ({"faults": [{"kind": "hang", "from_s": 9, "until_s": 9}]}, "until_s must be later than from_s"),
        ({"faults": [{"kind": "hang", "retry_after_s": 9}]}, "hang has no retry_after_s"),
        ({"faults": [{"kind": "hang", "only": ["chats"]}]}, "faults.0.only.0"),
        ({"tokens_per_s": 0}, "tokens_per_s"),
        ({"latency_s": float("nan")}, "latency_s"),
        ({"models": []}, "models"),
        ({"reply": ""}, "reply"),
        ({"latencies": 3}, "latencies"),
        ([], "The behaviour cannot be used"),
        (None, "The behaviour cannot be used"),
    ],
)
def test_what_cannot_be_done_is_said_by_its_name(given: object, named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        behaviour_of(given)
    assert named in caught.value.message
    assert "Correct it" in caught.value.remedy


@pytest.mark.parametrize(
    "spelling", ["", "=3", "status=", "status=x", "hang,first", "hang,first=1,first=2", "hang,kind=x"]
)
def test_a_spelling_that_is_none_is_refused(spelling: str) -> None:
    with pytest.raises(InvalidInput, match="The fault") as caught:
        fault_of(spelling)
    assert caught.value.remedy


def test_what_is_shown_of_a_behaviour_can_be_given_back() -> None:
    given = Behaviour(keys=frozenset({"k"}), faults=(fault_of("status=429,share=0.5,only=chat+rerank"),))
    assert behaviour_of(given.model_dump(mode="json")) == given
