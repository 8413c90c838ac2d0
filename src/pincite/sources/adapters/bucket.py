"""A bucket of S3 or of a server that speaks like it, through obstore.

Keys come from the variables that the options name, never from the machine's own role: whoever adds a source must not
read with rights that are not theirs. A server of one's own has to be allowed by whoever runs the installation.
"""

import asyncio
import fnmatch
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, InvalidPathError, PermissionDeniedError
from obstore.store import S3Store
from pydantic import BaseModel, ConfigDict, Field

from pincite.sources.domain import (
    BadSource,
    Elsewhere,
    Found,
    ItemGone,
    ItemRefused,
    Pattern,
    Place,
    Recall,
    SecretName,
    SourceUnreachable,
    Tools,
    Trouble,
)
from pincite.sources.names import is_byproduct

_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_REGION = re.compile(r"[a-z0-9-]{2,30}")
_KEY = re.compile(r'path: "((?:[^"\\]|\\.)*)"')
_AT_ONCE = 500
_PIECE = 1 << 20
_TIMEOUT_S = 60.0


class BucketOptions(BaseModel):
    """What a bucket takes besides its name."""

    model_config = ConfigDict(extra="forbid")

    region: str = Field("us-east-1", max_length=500, description="The bucket's region.")
    endpoint: str | None = Field(
        None, max_length=500, description="Address of a server other than Amazon's; must be allowed."
    )
    key_id: SecretName | None = Field(
        None, description="Variable with the access key's id, such as PINCITE_SECRET_S3_ID."
    )
    key: SecretName | None = Field(None, description="Variable with the secret access key.")
    only: list[Pattern] = Field(
        [], max_length=100, description="Patterns such as `*.pdf`; an object must fit one of them."
    )


class BucketSource(Elsewhere):
    """Objects by their key; one has changed when its ETag has."""

    kind: ClassVar[str] = "bucket"
    options: ClassVar[type[BaseModel]] = BucketOptions
    every_s: ClassVar[int] = 3600
    one_by_one: ClassVar[bool] = False
    forgets: bool = True
    partly: Trouble | None = None

    def __init__(self, place: Place, options: BucketOptions, tools: Tools) -> None:
        named = _LOCATION.fullmatch(place.location)
        if named is None or not _REGION.fullmatch(options.region):
            raise BadSource("The bucket or its region is none.", remedy="Give s3://bucket or s3://bucket/prefix.")
        if (options.key is None) != (options.key_id is None):
            raise BadSource("An access key has two parts.", remedy="Give `key_id` and `key`, or neither.")
        self._bucket = named[1]
        self._prefix = (named[2] or "").strip("/")
        self._options = options
        self._tools = tools
        if options.endpoint is not None:
            self._refuse_unless_allowed(options.endpoint)

    async def find(self, recall: Recall, /) -> AsyncGenerator[Found, None]:
        """Show the objects. Raises: SourceUnreachable."""
        store = self._open()
        is_none = bool(self._prefix)
        pages = aiter(obstore.list(store, prefix=self._prefix or None, chunk_size=_AT_ONCE))  # pyright: ignore[reportUnknownMemberType]
        while True:
            async with self._request():
                page = await anext(pages, None)
            if page is None:
                self.partly = self._nothing() if is_none else None
                return
            for entry in page:
                path, name = entry["path"], entry["path"].removeprefix(self._prefix).lstrip("/")
                if not name or is_byproduct(name.rpartition("/")[2]) or not self._is_wanted(name):
                    continue
                is_none = False
                mark = entry["e_tag"] or f"{entry['last_modified'].isoformat()}:{entry['size']}"
                known = await recall(path) if entry["size"] == 0 else None
                is_known = known is not None and known.mark == mark
                stored = entry["size"] if entry["size"] or is_known else await self._size(store, path)
                if stored is None:
                    yield Found(path, name, mark, None)
                elif stored == entry["size"]:
                    yield Found(path, name, mark, partial(self._read, store, path))

    def _nothing(self) -> Trouble:
        return Trouble(
            "nothing-found",
            f"The bucket {self._bucket} shows nothing below {self._prefix} that is read.",
            "Check the prefix, and the patterns of `only`.",
        )

    async def _size(self, store: S3Store, path: str) -> int | None:
        """Return how many bytes the object has that is listed with none; None where there is no such object.

        Consoles mark a folder by a key that ends with a slash, which obstore leaves out: what is left may be no
        object's key, or that of another, which is listed by itself.
        """
        try:
            async with self._request(path):
                return (await obstore.head_async(store, path))["size"]
        except ItemGone:
            return None

    async def _read(self, store: S3Store, path: str) -> AsyncIterator[bytes]:
        async with self._request(path):
            got = await obstore.get_async(store, path)
        stream = got.stream(min_chunk_size=_PIECE)
        while True:
            async with self._request():
                piece = await anext(stream, None)
            if piece is None:
                return
            yield bytes(piece)

    def _open(self) -> S3Store:
        options = self._options
        endpoint = options.endpoint or f"https://s3.{options.region}.amazonaws.com"
        signed: dict[str, Any] = {"skip_signature": True}
        if options.key is not None and options.key_id is not None:
            keys = {
                "access_key_id": self._tools.secret(options.key_id),
                "secret_access_key": self._tools.secret(options.key),
                "token": None,
                "expires_at": None,
            }
            signed = {"credential_provider": lambda: keys, "skip_signature": False}
        return S3Store(
            self._bucket,
            region=options.region,
            endpoint=endpoint,
            virtual_hosted_style_request=False,
            client_options={"timeout": f"{_TIMEOUT_S:g}s", "allow_http": endpoint.startswith("http://")},
            retry_config={"max_retries": 2},
            **signed,
        )

    def _refuse_unless_allowed(self, endpoint: str) -> None:
        parts = urlsplit(self._tools.fetcher.normal(endpoint))
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if not self._tools.fetcher.outbound.is_allowed(parts.hostname or "", port):
            raise BadSource(
                f"{endpoint} is not allowed.",
                remedy="Whoever runs this installation may allow its host by PINCITE_FETCH_ALLOW.",
            )

    def _is_wanted(self, name: str) -> bool:
        return not self._options.only or any(fnmatch.fnmatch(name, pattern) for pattern in self._options.only)

    @asynccontextmanager
    async def _request(self, path: str | None = None) -> AsyncGenerator[None]:
        """Bound one request in time and turn the errors of obstore into ours.

        Raises: SourceUnreachable; of one object ItemGone where there is none, ItemRefused where it is not given away.
        """
        try:
            async with asyncio.timeout(2 * _TIMEOUT_S):
                yield
        except TimeoutError:
            raise SourceUnreachable(f"{self._bucket} did not answer in time.", remedy="Try again later.") from None
        except InvalidPathError as error:
            named = _KEY.search(str(error))
            raise SourceUnreachable(
                f"The bucket {self._bucket} has an object whose key cannot be asked for"
                + (f": {named[1][:200]}." if named else "."),
                remedy="Rename it, so that no part of its key is empty, `.` or `..` or holds a control character; "
                "or choose a prefix without it.",
            ) from error
        except (BaseError, OSError) as error:
            if path is not None and isinstance(error, FileNotFoundError):
                raise ItemGone(f"{path} was deleted meanwhile.") from None
            if path is not None and isinstance(error, PermissionDeniedError):
                raise ItemRefused(
                    f"The bucket {self._bucket} does not give away {path}.",
                    remedy="Allow the key to read it and what it is encrypted with; bring it back from an archive.",
                ) from error
            raise SourceUnreachable(
                f"The bucket {self._bucket} refused a request.", remedy="Check its name, region, address and keys."
            ) from error
