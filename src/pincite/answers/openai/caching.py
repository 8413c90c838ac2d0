"""What a request says of kept replies, by HTTP's `Cache-Control`: `no-cache` wants a new one, `no-store` keeps none.

What is kept is decided in the gateway, and for answers in `answers`.
"""

from typing import Annotated

from fastapi import Depends, Header

from pincite.core.keeping import KeptUse

CacheControl = Annotated[
    str | None,
    Header(
        json_schema_extra={"maxLength": 200},
        description="`no-cache`: make it anew; `no-store`: keep nothing of it as well.",
    ),
]


async def kept_use_of(cache_control: CacheControl = None) -> KeptUse:
    """Return what may be done with kept replies; other words of the header are not for us.

    It waits for nothing, and is awaited all the same: the framework sends to a thread what is not.
    """
    said = {word.strip().lower() for word in (cache_control or "")[:200].split(",")}
    if "no-store" in said:
        return "avoid"
    return "renew" if "no-cache" in said or "max-age=0" in said else "use"


Kept = Annotated[KeptUse, Depends(kept_use_of)]
