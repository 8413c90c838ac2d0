"""What people sign in with beside a link, wired: passwords, second factors, how often they may be tried. No web.

Links, sessions and keys are in `service.py`.
"""

from pincite.accounts.hashing import PasswordHasher
from pincite.accounts.passwords import Passwords
from pincite.accounts.second_factor import SecondFactor
from pincite.accounts.throttle import Throttle
from pincite.accounts.vault import Vault
from pincite.core import Database


class Factors:
    """Passwords and second factors of an installation.

    Args:
        database: where rows are kept.
        key: the installation's secret, which second factors are encrypted with.
        hasher: how passwords are hashed; tests take a cheaper one.
    """

    def __init__(self, database: Database, key: bytes, hasher: PasswordHasher | None = None) -> None:
        throttle = Throttle(database)
        self.passwords = Passwords(database, hasher or PasswordHasher(), throttle)
        self.second = SecondFactor(database, Vault(key), throttle, self.passwords)
