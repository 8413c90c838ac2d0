"""A folder of a mailbox, by IMAP over TLS. A message never changes, so each is read once."""

import re
import ssl
from collections.abc import AsyncGenerator
from functools import partial
from typing import ClassVar
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from pincite.sources.domain import BadSource, Elsewhere, Found, Place, Recall, SecretName, Tools
from pincite.sources.mailbox import Account, Mailbox, sent_name

_LOCATION = re.compile(r"(imaps?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::([1-9][0-9]{0,4}))?(?:/(.*))?")
_PORT = 993


class ImapOptions(BaseModel):
    """What a mailbox takes besides its address."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(min_length=1, max_length=500, description="Who signs in.")
    password: SecretName = Field(description="Variable with the password, such as PINCITE_SECRET_MAIL.")


class ImapSource(Elsewhere):
    """Messages by the id that the server gives them."""

    kind: ClassVar[str] = "imap"
    options: ClassVar[type[BaseModel]] = ImapOptions
    every_s: ClassVar[int] = 900
    one_by_one: ClassVar[bool] = True
    forgets: bool = True

    def __init__(self, place: Place, options: ImapOptions, tools: Tools) -> None:
        named = _LOCATION.fullmatch(place.location)
        if named is None:
            raise BadSource("The mailbox has no address that can be read.", remedy="Give imaps://host/Folder.")
        self._host = urlsplit(tools.fetcher.normal(f"https://{named[2]}/")).hostname or ""
        self._is_plain = named[1] == "imap"
        self._port = int(named[3] or (143 if self._is_plain else _PORT))
        self._folder = normalize("NFC", unquote(named[4] or "")) or "INBOX"
        if not self._folder.isprintable() or not options.user.isprintable():
            raise BadSource(
                "The folder's name is none that is sent.", remedy="Give it as your program for mail shows it."
            )
        if self._is_plain and not tools.fetcher.outbound.is_allowed(self._host, self._port):
            raise BadSource("A password is not sent without TLS.", remedy="Give imaps://host/Folder.")
        self._options = options
        self._tools = tools

    async def find(self, _recall: Recall, /) -> AsyncGenerator[Found, None]:
        """Show the messages. Raises: SourceUnreachable, AddressRefused."""
        addresses = await self._tools.fetcher.outbound.addresses(self._host, self._port, ports={_PORT})
        password = self._tools.secret(self._options.password)
        tls = None if self._is_plain else ssl.create_default_context()
        account = Account(self._host, self._port, addresses[0], self._options.user, password, tls)
        box = Mailbox(account, sent_name(self._folder))
        try:
            valid = await box.open()
            for uid in sorted(await box.sizes()):
                known_by = f"{valid}:{uid}"
                yield Found(known_by, f"{self._folder}/{uid}.eml", known_by, partial(box.read, uid))
        finally:
            await box.close()
