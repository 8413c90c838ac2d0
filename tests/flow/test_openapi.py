"""The API describes itself: every route has a summary and a permission, every body an example."""

import httpx2
import pytest
from fastapi import APIRouter

from pincite.app.web import SystemRoutes, create_app
from pincite.app.wiring import House


async def test_every_operation_is_described(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), f"{method} {path} has no summary"
    for path in ("/v1/documents", "/v1/collections", "/v1/search", "/v1/answers", "/v1/conversations"):
        assert path in document["paths"]


async def test_a_route_without_a_permission_stops_start_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgotten() -> None:
        """A route that says nothing about who may call it."""

    stray = APIRouter()
    stray.add_api_route("/v1/forgotten", forgotten)
    monkeypatch.setattr(SystemRoutes, "router", lambda _: stray)
    with pytest.raises(RuntimeError, match="/v1/forgotten"):
        create_app(house)


async def test_every_route_but_the_public_ones_wants_a_key(house: House) -> None:
    public = {"get /healthz", "get /readyz", "get /metrics", "post /v1/session", "post /v1/session/password"}
    public |= {"post /v1/session/code", "get /v1/session/providers", "post /v1/session/providers/{provider_id}"}
    public |= {"post /v1/session/provider", "post /v1/session/providers/{provider_id}/sign-out"}
    app = create_app(house)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as stranger:
        document = (await stranger.get("/openapi.json")).json()
        for path, operations in document["paths"].items():
            for method in operations:
                if f"{method} {path}" in public | {"get /{path}"}:
                    continue
                response = await stranger.request(method, path.replace("{", "").replace("}", ""))
                assert response.status_code == 401, f"{method} {path} answered {response.status_code}"
