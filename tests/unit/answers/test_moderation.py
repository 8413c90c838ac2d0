"""Phrases that are refused: whole words in any spelling, and time that grows with the text alone."""

import time

import pytest
from pydantic import SecretStr
from tests.doubles.provider import serve

from pincite.answers.moderation import (
    LONGEST_PHRASE,
    MOST_PHRASES,
    Moderation,
    ModerationFailed,
    Phrases,
    QuestionRefused,
)
from pincite.core import InvalidInput, Scope
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.domain import ModelNotConfigured
from pincite.gateway.moderators import make_moderator
from pincite.gateway.settings import ModelSettings

SCOPE = Scope("t", "u")


@pytest.mark.parametrize(
    "text",
    ["red button", "the RED  button!", "Red\u00a0But\u00adton", "a red-button.", "ｒｅｄ button", "red\u200b button"],
)
def test_a_phrase_is_found_however_it_is_written(text: str) -> None:
    assert Phrases(["Red button"]).are_in(text)


@pytest.mark.parametrize("text", ["redbutton", "bored button", "red buttons", "red or button", ""])
def test_other_words_are_not_it(text: str) -> None:
    assert not Phrases(["red button", "", "# red or button", "!!!"]).are_in(text)


def test_the_list_has_bounds() -> None:
    with pytest.raises(InvalidInput):
        Phrases(["x"] * (MOST_PHRASES + 1))
    with pytest.raises(InvalidInput):
        Phrases(["x" * (LONGEST_PHRASE + 1)])


def test_time_is_linear_in_the_text() -> None:
    phrases = Phrases([f"{'a ' * 40}b{number}" for number in range(100)])

    def seconds(text: str) -> float:
        began = time.process_time()
        phrases.are_in(text)
        return time.process_time() - began

    small = min(seconds("a " * 4_000) for _ in range(2))
    assert seconds("a " * 32_000) < 25 * small + 0.3


async def test_where_the_provider_fails_nothing_passes_unless_it_is_left_open() -> None:
    with serve() as provider:
        settings = ModelSettings(
            moderation="openai:omni-moderation-latest",
            moderation_base_url=f"{provider.url}/v1",
            moderation_api_key=SecretStr("good-key"),
            moderation_timeout_s=1.0,
        )
        moderator = make_moderator(settings, {}, MemoryMeter())
        closed, left_open = Moderation.of(None, moderator, closed=True), Moderation.of(None, moderator, closed=False)
        provider.behaviour.flags = {"violence": "sink"}
        await closed.question(SCOPE, "When does it sail?")
        with pytest.raises(QuestionRefused, match="violence"):
            await left_open.question(SCOPE, "How do I sink it?")
        provider.behaviour.fail_times = 1
        await closed.question(SCOPE, "One failure is tried again.")
        for failure in ({"first_delay_s": 2.5}, {"html": True}, {"keys": frozenset[str]()}, {"fail_times": 9}):
            for name, value in failure.items():
                setattr(provider.behaviour, name, value)
            with pytest.raises(ModerationFailed):
                await closed.question(SCOPE, "When does it sail?")
            await left_open.question(SCOPE, "When does it sail?")
            provider.behaviour.first_delay_s, provider.behaviour.html = 0.0, False
            provider.behaviour.keys, provider.behaviour.fail_times = frozenset({"good-key"}), 0


def test_a_moderation_that_cannot_be_used_is_said_at_the_start() -> None:
    with pytest.raises(ModelNotConfigured):
        make_moderator(ModelSettings(moderation="openai:m"), {}, MemoryMeter())
    with pytest.raises(ModelNotConfigured):
        make_moderator(ModelSettings(moderation="other:m"), {}, MemoryMeter())
    assert make_moderator(ModelSettings(moderation="openai:m"), {"OPENAI_API_KEY": "k"}, MemoryMeter()) is not None
    assert make_moderator(ModelSettings(), {}, MemoryMeter()) is None
