"""Real images for tests, as small as they may be, and as data addresses."""

import base64
import io
from functools import cache
from typing import Any

from PIL import Image

TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


@cache
def picture(kind: str = "PNG", size: tuple[int, int] = (32, 24), **how: Any) -> bytes:
    """Return an image of a kind that Pillow knows, in one colour."""
    held = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(held, kind, **how)
    return held.getvalue()


def address_of(data: bytes, said: str = "image/png") -> str:
    """Return the data address of a file."""
    return f"data:{said};base64,{base64.b64encode(data).decode()}"
