"""An accounts room on a real SQLite file, and an application with its routes behind the door."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from pincite.accounts import Accounts, Audit, Door, Factors, People
from pincite.accounts.hashing import PasswordHasher
from pincite.accounts.routes import AccountRoutes
from pincite.app.provider_web import ProviderWeb
from pincite.core import Database, ErrorKind, PinciteError

STATUS = {ErrorKind.UNAUTHENTICATED: 401, ErrorKind.DENIED: 403, ErrorKind.NOT_FOUND: 404, ErrorKind.INVALID: 422}


@pytest.fixture
async def database(sqlite_tables_url: str) -> AsyncIterator[Database]:
    database = Database(sqlite_tables_url)
    yield database
    await database.close()


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database)


@pytest.fixture
def factors(database: Database) -> Factors:
    return Factors(database, b"k" * 32, ProviderWeb([]), PasswordHasher(time_cost=1, memory_kib=64))


@pytest.fixture
def app(accounts: Accounts, database: Database, factors: Factors) -> FastAPI:
    async def rendered(_request: Request, error: Exception) -> Response:
        assert isinstance(error, PinciteError)
        return JSONResponse({"code": error.code, "remedy": error.remedy}, STATUS[error.kind])

    app = FastAPI(docs_url=None, redoc_url=None)
    app.state.door = Door(accounts)
    app.include_router(AccountRoutes(accounts, People(database), factors, Audit(database)).router())
    app.add_exception_handler(PinciteError, rendered)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://testserver") as client:
        yield client
