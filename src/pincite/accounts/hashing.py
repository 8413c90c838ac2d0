"""Hashes passwords with argon2id, off the event loop, a few at once: each takes memory and a processor.

What a password may be is in `password_rules.py`.
"""

import asyncio
import secrets

from pwdlib.hashers.argon2 import Argon2Hasher

# The least that OWASP's Password Storage Cheat Sheet names for argon2id: about 50 ms, and memory for several at once.
TIME_COST = 2
MEMORY_KIB = 19 * 1024
AT_ONCE = 2


class PasswordHasher:
    """Hashes and compares. It takes the same time where there is no password to compare with."""

    def __init__(self, *, time_cost: int = TIME_COST, memory_kib: int = MEMORY_KIB) -> None:
        self._argon2 = Argon2Hasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Return what a password is kept as."""
        async with self._turns:
            return await asyncio.to_thread(self._argon2.hash, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Say whether a password is the one that was hashed; with None it is not, after the same time."""
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe())
        async with self._turns:
            same = await asyncio.to_thread(self._argon2.verify, password, hashed or self._nobodys)
        return same and hashed is not None
