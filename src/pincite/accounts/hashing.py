"""Hashes passwords with argon2id, off the event loop, a few at once: each takes memory and a processor.

What a password may be is in `password_rules.py`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pwdlib.hashers.argon2 import Argon2Hasher

from pincite.core.errors import TryLater

# The least that OWASP's Password Storage Cheat Sheet names for argon2id: about 50 ms, and memory for several at once.
TIME_COST = 2
MEMORY_KIB = 19 * 1024
AT_ONCE = 2
MOST_WAITING = 64
"""More than two seconds' worth: whoever comes then is sent away at once, and holds nobody else up."""


class PasswordHasher:
    """Hashes and compares. It takes the same time where there is no password to compare with."""

    def __init__(self, *, time_cost: int = TIME_COST, memory_kib: int = MEMORY_KIB) -> None:
        self._argon2 = Argon2Hasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None

    def refuse_crowd(self) -> None:
        """Make sure that there is room to wait, before a try is counted. Raises: TryLater."""
        if self._waiting >= MOST_WAITING:
            raise TryLater("Too many people are signing in just now.", remedy="Try again in a moment.", retry_after_s=2)

    async def hash(self, password: str) -> str:
        """Return what a password is kept as. Raises: TryLater, when too many wait."""
        async with self._turn():
            return await asyncio.to_thread(self._argon2.hash, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Say whether a password is the one that was hashed; with None it is not, after the same time.

        Raises: TryLater, when too many wait.
        """
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe())
        async with self._turn():
            same = await asyncio.to_thread(self._argon2.verify, password, hashed or self._nobodys)
        return same and hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(hashed)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        self.refuse_crowd()
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1
