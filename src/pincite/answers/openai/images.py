"""Images that people send to a model itself: from data addresses to values, and what is refused of them.

Nothing is fetched: an image comes with its request or not at all. What one costs is the gateway's business.
"""

import asyncio
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, cast

from fastapi import Request

from pincite.answers.openai.domain import ParameterRefused
from pincite.answers.openai.schemas import ContentPart, ImageAddress
from pincite.core.images import DETAILS, IMAGE_TYPES, Detail, Image
from pincite.gateway import ChatRequest

MOST_IMAGES = 20
"""Of one request."""
MOST_BYTES = 5 << 20
"""Of one image."""
MOST_BODY_BYTES = 20 << 20
"""Of a request with images, in base64."""
MOST_REST_CHARS = 1 << 20
"""Of all that a request holds beside its images, as of any other request."""
KINDS = frozenset({"image_url", "input_image"})
"""What a part of a message is called that is an image."""
T = TypeVar("T")
Content = str | Sequence[ContentPart] | None
"""Of a message."""
_DATA = re.compile(r"data:([a-z0-9.+/-]{0,100})((?:;[^;,\s]{1,100})*),", re.IGNORECASE)
_ALSO_CALLED = {"image/jpg": "image/jpeg"}
_CHARS_A_TRIPLE, _BYTES_A_TRIPLE = 4, 3
_SEND = "Send the image in the request, as a data address: `data:image/png;base64,...`."
_KNOWN = "Send PNG, JPEG, GIF or WebP."


def image_of(part: ContentPart, where: str) -> Image:
    """Return the image that a part of a message is; `where` names it. Raises: ParameterRefused."""
    address = part.image_url.url if isinstance(part.image_url, ImageAddress) else part.image_url
    if not address:
        said = "Files that were uploaded elsewhere are not here." if part.file_id else "There is no image in it."
        raise ParameterRefused(where, said, remedy=_SEND)
    if address[:5].lower() != "data:":
        raise ParameterRefused(where, "Nothing is fetched from an address.", remedy=_SEND)
    said, data = _opened(address, where)
    image = Image.of(data, _detail(part, where))
    if image is None:
        raise ParameterRefused(where, "Its first bytes are those of no image that models take.", remedy=_KNOWN)
    if _ALSO_CALLED.get(said, said) != image.media_type:
        remedy = f"Send it as `data:{image.media_type};base64,...`."
        raise ParameterRefused(where, f"It is said to be {said} and is {image.media_type}.", remedy=remedy)
    return image


def refuse_too_many(contents: Iterable[Content], param: str) -> None:
    """Pass messages with no more images than are taken, before any is looked at. Raises: ParameterRefused."""
    if sum(each.type in KINDS for each in _parts(contents)) > MOST_IMAGES:
        said = f"There are more than {MOST_IMAGES} images, which is the most of one request."
        raise ParameterRefused(param, said, remedy="Send fewer, or several requests.")


def refuse_stored(request: ChatRequest, param: str) -> None:
    """Pass a request whose reply can be stored: images are kept nowhere. Raises: ParameterRefused."""
    if request.images:
        said = "A reply to images is not stored, nor made in the background."
        raise ParameterRefused(param, said, remedy=f"Leave `{param}` out, or the images.")


def refuse_unseen(request: ChatRequest) -> None:
    """Pass a request that whoever looks through it can read all of. Raises: ParameterRefused, where it has images."""
    if request.images:
        said = "What is asked here is looked through first, and whoever does that reads text alone."
        raise ParameterRefused("messages", said, remedy="Leave the images out.")


async def refuse_long_rest(request: Request, contents: Sequence[Content], param: str) -> None:
    """Pass a request whose body is long by its images alone. Raises: ParameterRefused.

    Args:
        request: whose body was read.
        contents: of its messages.
        param: what is named where the rest is too long.
    """
    if len(await request.body()) <= MOST_REST_CHARS:
        return
    if _chars_of(await request.json()) - sum(map(len, _addresses(contents))) > MOST_REST_CHARS:
        said = f"Beside its images a request has at most {MOST_REST_CHARS >> 20} MB."
        raise ParameterRefused(param, said, remedy="Send less text at once.")


async def read_in(contents: Sequence[Content], read: Callable[[], T]) -> T:
    """Return what a body is read into: in a thread where it has images, since base64 takes a while."""
    return await asyncio.to_thread(read) if any(map(shows, contents)) else read()


def shows(content: Content) -> bool:
    """Say whether a message has images."""
    return any(each.type in KINDS for each in _parts([content]))


def _opened(address: str, where: str) -> tuple[str, bytes]:
    """Return the type that a data address says, and the bytes in it. Raises: ParameterRefused."""
    found = _DATA.match(address)
    if found is None or found[2].lower().rpartition(";")[2] != "base64":
        raise ParameterRefused(where, "The data address is none in base64.", remedy=_SEND)
    said = found[1].lower()
    if _ALSO_CALLED.get(said, said) not in IMAGE_TYPES:
        raise ParameterRefused(where, f"Models take no {said[:40] or 'data of an unsaid type'}.", remedy=_KNOWN)
    if (len(address) - found.end()) // _CHARS_A_TRIPLE * _BYTES_A_TRIPLE > MOST_BYTES + _BYTES_A_TRIPLE:
        raise _too_large(where)
    try:
        data = binascii.a2b_base64(address[found.end() :], strict_mode=True)
    except ValueError:  # binascii.Error, or letters that are not of ASCII
        raise ParameterRefused(where, "The data address holds no base64.", remedy=_SEND) from None
    if len(data) > MOST_BYTES:
        raise _too_large(where)
    return said, data


def _too_large(where: str) -> ParameterRefused:
    said = f"The image is larger than {MOST_BYTES >> 20} MB, which is the most of one."
    return ParameterRefused(where, said, remedy="Send a smaller one; models scale large images down anyhow.")


def _detail(part: ContentPart, where: str) -> Detail | None:
    said = part.detail or (part.image_url.detail if isinstance(part.image_url, ImageAddress) else None)
    if said is not None and said not in DETAILS:
        raise ParameterRefused(where, "There is no such `detail`.", remedy=f"Use one of {', '.join(DETAILS)}.")
    return said


def _parts(contents: Iterable[Content]) -> Iterator[ContentPart]:
    for each in contents:
        if each is not None and not isinstance(each, str):
            yield from each


def _addresses(contents: Iterable[Content]) -> Iterator[str]:
    for each in _parts(contents):
        if each.type in KINDS and each.image_url is not None:
            yield each.image_url.url if isinstance(each.image_url, ImageAddress) else each.image_url


def _chars_of(body: Any) -> int:
    """Return how many characters all texts of a JSON value have, names included."""
    left, chars = [body], 0
    while left:
        each = left.pop()
        if isinstance(each, str):
            chars += len(each)
        elif isinstance(each, list):
            left.extend(cast("list[Any]", each))
        elif isinstance(each, dict):
            left.extend(cast("dict[str, Any]", each))
            left.extend(cast("dict[str, Any]", each).values())
    return chars
