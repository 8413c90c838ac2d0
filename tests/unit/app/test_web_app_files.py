"""The built web app is served from its folder and from nowhere else."""

from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from pincite.app.problems import install
from pincite.app.spa import WebAppRoutes


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>App</title>")
    (static / "assets" / "main-1a2b.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("not for you")
    made = FastAPI()
    made.include_router(WebAppRoutes(static).router())
    install(made)
    return made


async def _get(app: FastAPI, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://testserver") as client:
        return await client.get(path)


async def test_every_page_of_the_app_is_its_index(app: FastAPI) -> None:
    for path in ("/", "/library", "/c/0199", "/signin"):
        response = await _get(app, path)
        assert "<title>App</title>" in response.text
        assert response.headers["cache-control"] == "no-cache"


async def test_hashed_assets_are_kept_for_ever(app: FastAPI) -> None:
    response = await _get(app, "/assets/main-1a2b.js")
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("path", ["/%2e%2e/secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/..%2fsecret.txt"])
async def test_nothing_outside_the_folder_is_served(app: FastAPI, path: str) -> None:
    assert "not for you" not in (await _get(app, path)).text


async def test_a_missing_asset_and_a_missing_resource_are_problems(app: FastAPI) -> None:
    for path in ("/assets/old-9f.js", "/v1/nothing"):
        response = await _get(app, path)
        assert response.status_code == 404
        assert response.json()["code"] == "not-found"
