"""What people sign in with beside a link, wired: passwords, and how often they may be tried. No web.

Links, sessions and keys are in `service.py`.
"""

from pincite.accounts.hashing import PasswordHasher
from pincite.accounts.passwords import Passwords
from pincite.accounts.throttle import Throttle
from pincite.core import Database


class Factors:
    """Passwords of an installation.

    Args:
        database: where rows are kept.
        hasher: how passwords are hashed; tests take a cheaper one.
    """

    def __init__(self, database: Database, hasher: PasswordHasher | None = None) -> None:
        self.passwords = Passwords(database, hasher or PasswordHasher(), Throttle(database))
