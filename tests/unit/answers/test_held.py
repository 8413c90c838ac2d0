"""Text that is held back until it was found fit, of an answer that begins anew: what is void never comes out later."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pincite.answers.domain import Answer, Pin, Verdict
from pincite.answers.held import Held
from pincite.answers.moderation import Moderation, Phrases
from pincite.core import PinciteError, Scope, utc_now

EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("answer.delta", {"text": "One. Tw"}),
    ("answer.pin", {"claim": (0, 4)}),
    ("answer.delta", {"text": "o is cut"}),
    ("answer.restarted", {"reason": "It broke off."}),
    ("answer.delta", {"text": "Another. Wh"}),
    ("answer.pin", {"claim": (0, 8)}),
    ("answer.delta", {"text": "ole."}),
    ("answer.pin", {"claim": (9, 15)}),
)


class Draft:
    """Yields what it was told, and keeps its answer as drafts do."""

    def __init__(self) -> None:
        self.answer = Answer(id="a", conversation="c", question="Who?", created_at=utc_now())

    async def events(self) -> AsyncGenerator[tuple[str, Mapping[str, Any]]]:
        """Yield them."""
        for name, data in EVENTS:
            if name == "answer.delta":
                self.answer = replace(self.answer, text=self.answer.text + data["text"])
            elif name == "answer.pin":
                pin = Pin(data["claim"], Verdict.SUPPORTED, 1.0, ())
                self.answer = replace(self.answer, pins=(*self.answer.pins, pin))
            else:
                self.answer = replace(self.answer, text="", pins=())
            yield name, data


async def _seen(held: Held) -> list[tuple[str, Any]]:
    return [(name, data.get("text")) async for name, data in held.events()]


async def test_what_waits_when_an_answer_begins_anew_is_dropped() -> None:
    held = Held(Draft(), Moderation(Phrases(["refused words"])), Scope("acme", "ada"))
    assert await _seen(held) == [
        ("answer.delta", "One."),
        ("answer.pin", None),
        ("answer.restarted", None),
        ("answer.delta", "Another."),
        ("answer.pin", None),
        ("answer.delta", " Whole."),
        ("answer.pin", None),
    ]
    assert (held.answer.text, len(held.answer.pins)) == ("Another. Whole.", 2)


async def test_what_is_refused_after_it_is_not_shown_beside_what_was_before() -> None:
    held = Held(Draft(), Moderation(Phrases(["whole"])), Scope("acme", "ada"))
    with pytest.raises(PinciteError):
        await _seen(held)
    assert (held.answer.text, len(held.answer.pins)) == ("Another.", 1)
