"""Sessions and keys over HTTP: `/v1/session`, `/v1/keys`. Translation only."""

from fastapi import APIRouter

from pincite.accounts.service import Accounts


class AccountRoutes:
    """Signing in and out, and API keys."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def router(self) -> APIRouter:
        """Return the routes."""
        raise NotImplementedError
