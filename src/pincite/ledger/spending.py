"""What reports of spending are made of, as values. How they are counted is the store's business."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_LINES = 10_000


class By(StrEnum):
    """What spending can be put together by; a day is one in UTC."""

    DAY = "day"
    USER = "user"
    KEY = "key"
    ASSISTANT = "assistant"
    MODEL = "model"
    STAGE = "stage"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is about: calls from `since` to before `until`, of a user, for an answer, or of and for all.

    They are put together `by` these.
    """

    by: tuple[By, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    user: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What calls came to that have something in common.

    `of` says what that is. `pico_usd` is of those with a known price; `unpriced` had none, of `estimated` the provider
    did not say what was used, `running` are not over. `answers` is how many answers `answer_pico_usd` of it went into.
    `hits` are no calls: replies that were kept were given again, which saved `hit_pico_usd`. The providers' own caches
    saved `prompt_pico_usd`, and cheaper models than the first strong one of their route `routed_pico_usd`.
    """

    of: Mapping[By, str | None]
    calls: int
    running: int
    unpriced: int
    estimated: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    pico_usd: int
    answers: int
    answer_pico_usd: int
    hits: int
    hit_pico_usd: int
    prompt_pico_usd: int
    routed_pico_usd: int
