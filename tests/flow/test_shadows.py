"""Shadow mode: answers are made once more by another route, measured, paid for, and shown to nobody."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tests.doubles.provider import Provider, serve
from tests.flow.conftest import add, signed_in
from tests.flow.test_answers import RULES
from tests.flow.test_cascade import CHEAP, GOOD, INVENTED, QUESTION, REFUSED, STRONG
from typer.testing import CliRunner

from pincite.answers.shadowing import Pair
from pincite.app.cli.main import app
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import new_id, utc_now
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.cascade import Shadow
from pincite.gateway.course import Courses, Stop
from pincite.gateway.service import Discovery, Models
from pincite.gateway.settings import ModelSettings

PRICES = f"{CHEAP}=1/2,{STRONG}=10/20"


@pytest.fixture
def second() -> Iterator[Provider]:
    with serve() as running:
        yield running


@asynccontextmanager
async def _open(home: Path, shown: Provider, shadow: Provider) -> AsyncIterator[tuple[House, httpx2.AsyncClient]]:
    for each in (shown, shadow):
        each.behaviour.keys, each.behaviour.reply = frozenset({"none"}), GOOD
    routes = home / "routes.toml"
    routes.write_text(
        f'[[routes.r]]\nmodel = "{CHEAP}"\nbase_url = "{shown.url}/v1"\n'
        f'[[routes.next]]\nmodel = "{STRONG}"\nbase_url = "{shadow.url}"\n'
        '[shadows.r]\nroute = "next"\nshare = 1.0\n'
    )
    settings = read_settings(
        home=home, model="route:r", model_routes=routes, model_prices=PRICES, log_level="error", unsupported="mark"
    )
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        await add(client, "rules.md", RULES)
        yield house, client


async def _pairs(house: House) -> list[Pair]:
    await house.answers.shadows.settled()
    return list(await house.answers.shadows.pairs(await house.owner(), utc_now() - timedelta(days=1)))


async def test_a_shadow_is_measured_and_paid_and_never_shown(
    pincite_home: Path, provider: Provider, second: Provider
) -> None:
    async with _open(pincite_home, provider, second) as (house, client):
        second.behaviour.reply = INVENTED
        answer = (await client.post("/v1/answers", json={"question": QUESTION}, timeout=60)).json()
        (pair,) = await _pairs(house)
        assert (pair.shown.model, pair.shown.sentences, pair.shown.supported) == (CHEAP, 1, 1)
        assert (pair.shadow.model, pair.shadow.sentences, pair.shadow.unsupported) == (STRONG, 2, 2)
        assert pair.shadow.cost_usd is not None
        assert pair.shadow.problem is None
        read = await client.get(f"/v1/answers/{answer['id']}")
        told = (await client.get(f"/v1/answers/{answer['id']}/events")).text
        assert read.json() == answer
        assert "Malmo" not in read.text + told
        assert STRONG not in read.text + told
        spent = {each["of"]["stage"]: each for each in await _costs(client)}
        assert spent["shadow"]["cost_usd"] == pytest.approx(pair.shadow.cost_usd)
        assert spent["shadow"]["answers"] == 0, "no answer costs more for it"
        assert spent["answer"]["cost_per_answer_usd"] == pytest.approx(answer["cost_usd"])
        assert (await client.delete(f"/v1/conversations/{answer['conversation']}")).status_code == 204
        assert await _pairs(house) == []


async def _costs(client: httpx2.AsyncClient) -> list[dict]:
    return (await client.get("/v1/usage/costs", params={"by": "stage"})).json()["items"]


async def test_a_shadow_that_fails_is_counted_and_nothing_else_happens(
    pincite_home: Path, provider: Provider, second: Provider
) -> None:
    async with _open(pincite_home, provider, second) as (house, client):
        second.behaviour.fail_times, second.behaviour.status = 9, 401
        answer = (await client.post("/v1/answers", json={"question": QUESTION}, timeout=60)).json()
        assert answer["state"] == "completed"
        (pair,) = await _pairs(house)
        assert pair.shadow.problem == "model-failed"


async def test_a_shadow_goes_with_its_conversation_and_with_the_server(
    pincite_home: Path, provider: Provider, second: Provider
) -> None:
    async with _open(pincite_home, provider, second) as (house, client):
        second.behaviour.first_delay_s = 20
        await client.post("/v1/answers", json={"question": QUESTION}, timeout=60)
        answer = (await client.post("/v1/answers", json={"question": QUESTION}, timeout=60)).json()
        assert (await client.delete(f"/v1/conversations/{answer['conversation']}")).status_code == 204
        await house.answers.close()
        assert await _pairs(house) == []
        spent = {each["of"]["stage"]: each for each in await _costs(client)}
        assert spent["shadow"]["running"] == 0, "what was given up is settled"


async def test_who_asks_for_a_model_himself_has_no_shadow(
    pincite_home: Path, provider: Provider, second: Provider
) -> None:
    async with _open(pincite_home, provider, second) as (house, client):
        for more in ({"model": "none"}, {"model": "route:r"}, {"tier": "strong"}):
            await client.post("/v1/answers", json={"question": QUESTION, **more}, timeout=60)
        provider.behaviour.fail_times, provider.behaviour.status = 9, 401
        await client.post("/v1/answers", json={"question": QUESTION}, timeout=60)
        assert await _pairs(house) == []
        assert second.requests == []


async def test_the_command_line_compares_them(
    pincite_home: Path, provider: Provider, second: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _open(pincite_home, provider, second) as (house, client):
        for reply in (GOOD, REFUSED, INVENTED):
            second.behaviour.reply = reply
            await client.post("/v1/answers", json={"question": QUESTION}, timeout=60)
            await _pairs(house)
    monkeypatch.setenv("PINCITE_HOME", str(pincite_home))
    monkeypatch.setenv("PINCITE_MODEL", "none")
    done = await asyncio.to_thread(CliRunner().invoke, app, ["eval", "shadows", "--json"])
    report = json.loads(done.output)
    assert report["pairs"] == 3
    measures = report["measures"]
    assert measures["failed"]["difference"]["mean"] == 0
    assert measures["abstained"]["difference"]["mean"] == pytest.approx(1 / 3)
    assert measures["sentences supported"]["difference"]["cases"] == 2
    assert measures["sentences supported"]["difference"]["mean"] == pytest.approx(-0.5)
    shown = await asyncio.to_thread(CliRunner().invoke, app, ["eval", "shadows"])
    assert "sentences unsupported" in shown.output


def test_the_share_is_what_it_says() -> None:
    stops = (Stop(model="ollama:one"),)
    courses = Courses({"r": stops, "next": stops}, shadows={"r": Shadow(route="next", share=0.2)})
    models = Models(ModelSettings(routes=courses), {}, Discovery("route:r", ()), MemoryMeter())
    chances = [int(new_id()[-8:], 16) / 2**32 for _ in range(3_000)]
    assert 0.16 < sum(models.shadow(each) is not None for each in chances) / 3_000 < 0.24
    plain = Models(ModelSettings(routes=courses), {}, Discovery("ollama:one", ()), MemoryMeter())
    assert plain.shadow(0.0) is None
