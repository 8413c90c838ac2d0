"""The whole way on PostgreSQL: upload, read, search, ask, follow the stream, remove; jobs in the same database."""

from pathlib import Path

import httpx2
import pytest
from tests.flow.conftest import settled, upload

from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import open_house

RULES = b"# Ferry rules\n\nThe ferry to Hven leaves at nine every morning.\n"


@pytest.mark.postgres
async def test_a_document_answers_and_goes(pincite_home: Path, postgres_url: str) -> None:
    url = postgres_url.replace("postgresql+asyncpg://", "postgresql://")
    settings = read_settings(home=pincite_home, database_url=url, model="none", log_level="error")
    async with open_house(settings, work=True) as house:
        made = await house.accounts.create_key(await house.owner(), "tests")
        transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {made.secret}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
            uploaded = (await upload(client, "rules.md", RULES)).json()["items"][0]
            assert (await settled(client, uploaded["id"]))["state"] == "ready"
            answer = (await client.post("/v1/answers", json={"question": "When does the ferry leave?"})).json()
            assert "nine" in answer["answer"]
            stream = await client.get(f"/v1/answers/{answer['id']}/events")
            assert stream.text.count("event: answer.completed") == 1
            assert (await house.fsck(repair=False, deep=True))["findings"] == []
            await house.remove_and_wait(await house.owner(), "rules.md")
            assert (await client.get("/v1/search", params={"q": "ferry"})).json()["hits"] == []
