"""Prices of routes: a model costs what its route says, and replies when it has room where that is said."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import signed_in

from pincite.app.settings import read_settings
from pincite.app.wiring import open_house
from pincite.gateway.domain import ModelNotConfigured

TEXT = "The ferry leaves at nine."


def written(home: Path, provider: Provider, **routes: str) -> Any:
    """Return settings with routes of one model each, all the same, with more lines of TOML."""
    path = home / "routes.toml"
    stops = [
        f'[[routes.{name}]]\nmodel = "openai:test-model"\nbase_url = "{provider.url}/v1"\n{more}\n'
        for name, more in routes.items()
    ]
    path.write_text("".join(stops))
    return read_settings(home=home, model=f"route:{next(iter(routes))}", model_routes=path, log_level="error")


async def ask(client: httpx2.AsyncClient, model: str) -> dict[str, Any]:
    asked = {"model": model, "messages": [{"role": "user", "content": "When does it leave?"}]}
    response = await client.post("/v1/chat/completions", json=asked, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()["usage"]


async def test_a_model_costs_what_its_route_says(pincite_home: Path, provider: Provider) -> None:
    provider.behaviour.keys = frozenset({"none"})
    provider.behaviour.reply = TEXT
    settings = written(pincite_home, provider, dear='price = "100/200"', cheap='price = "1/2/0.5"', none="")
    async with open_house(settings) as house, signed_in(house) as client:
        dear, cheap, none = [await ask(client, f"route:{name}") for name in ("dear", "cheap", "none")]
        for usage, (read, wrote) in ((dear, (100, 200)), (cheap, (1, 2))):
            cost = (usage["prompt_tokens"] * read + usage["completion_tokens"] * wrote) / 1e6
            assert usage["cost_usd"] == pytest.approx(cost, abs=1e-12)
        assert "cost_usd" not in none, "nobody knows what it costs"
        (line,) = (await client.get("/v1/usage/costs")).json()["items"]
        assert (line["calls"], line["unpriced"]) == (3, 1)
        assert line["cost_usd"] == pytest.approx(dear["cost_usd"] + cheap["cost_usd"], abs=1e-12)
        # A budget that bears the one and not the other.
        limit = {"subject": "tenant", "period": "total", "limit_usd": line["cost_usd"] + 0.2}
        assert (await client.post("/v1/budgets", json=limit)).status_code == 200
        await ask(client, "route:cheap")
        asked = {"model": "route:dear", "messages": [{"role": "user", "content": "?"}], "max_tokens": 2000}
        assert (await client.post("/v1/chat/completions", json=asked)).status_code == 429


async def test_it_is_asked_to_reply_when_it_has_room(pincite_home: Path, provider: Provider) -> None:
    provider.behaviour.keys = frozenset({"none"})
    settings = written(pincite_home, provider, slow='processing = "flex"', fast="")
    async with open_house(settings) as house, signed_in(house) as client:
        await ask(client, "route:slow")
        assert provider.requests[-1]["service_tier"] == "flex"
        await ask(client, "route:fast")
        assert "service_tier" not in provider.requests[-1]


async def test_what_has_no_room_does_not_hold_up_the_others(pincite_home: Path, provider: Provider) -> None:
    """Refusals of the one, and its silence, say nothing of whether others are served; the next is asked at once."""
    provider.behaviour.keys, provider.behaviour.reply = frozenset({"none"}), TEXT
    provider.behaviour.status, provider.behaviour.fail_times, provider.behaviour.retry_after_s = 429, 1, 8
    settings = written(pincite_home, provider, slow='processing = "flex"', fast="")
    path = Path(settings.model_routes)
    path.write_text(
        path.read_text() + f'[[routes.slow]]\nmodel = "openai:test-model"\nbase_url = "{provider.url}/v1"\n'
    )
    async with open_house(settings) as house, signed_in(house) as client, asyncio.timeout(6):
        await ask(client, "route:slow")
        assert ["service_tier" in each for each in provider.requests] == [True, False]
        await ask(client, "route:fast")


async def test_blanks_around_a_models_name_are_none_of_it(pincite_home: Path, provider: Provider) -> None:
    provider.behaviour.keys = frozenset({"none"})
    settings = written(pincite_home, provider, r='price = "100/200"')
    path = Path(settings.model_routes)
    path.write_text(path.read_text().replace("test-model", "test-model "))
    async with open_house(settings) as house, signed_in(house) as client:
        assert (await ask(client, "route:r"))["cost_usd"] > 0.0001


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('price = "much"', "is no price"),
        ('price = "1"', "is no price"),
        ('price = "-1/2"', "is no price"),
        ('processing = "batch"', "processing"),
        ('price = "1/2"\nmodel = "x"', "TOML"),
    ],
)
async def test_what_is_no_price_stops_the_start(pincite_home: Path, provider: Provider, more: str, said: str) -> None:
    settings = written(pincite_home, provider, r=more)
    with pytest.raises(ModelNotConfigured, match=said):
        async with open_house(settings):
            pass


async def test_only_openais_models_know_when_they_have_room(pincite_home: Path, provider: Provider) -> None:
    settings = written(pincite_home, provider, r="")
    path = Path(settings.model_routes)
    path.write_text('[[routes.r]]\nmodel = "anthropic:claude-haiku-4-5"\nprocessing = "flex"\n')
    with pytest.raises(ModelNotConfigured, match="knows no processing"):
        async with open_house(settings):
            pass
