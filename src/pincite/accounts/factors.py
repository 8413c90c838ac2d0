"""What people sign in with beside a link, wired: passwords, second factors, providers, how often each is tried. No web.

Links, sessions and keys are in `service.py`.
"""

from pincite.accounts.federation.domain import Web
from pincite.accounts.federation.service import Federation
from pincite.accounts.hashing import PasswordHasher
from pincite.accounts.passwords import Passwords
from pincite.accounts.second_factor import SecondFactor
from pincite.accounts.throttle import Throttle
from pincite.accounts.vault import Vault
from pincite.core import Database


class Factors:
    """Passwords, second factors and sign-in providers of an installation.

    Args:
        database: where rows are kept.
        key: the installation's secret, which second factors and providers' secrets are encrypted with.
        web: the way to providers' servers.
        hasher: how passwords are hashed; tests take a cheaper one.
    """

    def __init__(self, database: Database, key: bytes, web: Web, hasher: PasswordHasher | None = None) -> None:
        throttle = Throttle(database)
        self.passwords = Passwords(database, hasher or PasswordHasher(), throttle)
        self.second = SecondFactor(database, Vault(key), throttle, self.passwords)
        self.federation = Federation(database, key, web, throttle, self.passwords)
