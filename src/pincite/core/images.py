"""A picture as it travels to a model: bytes that nobody here decodes, of what kind they are, and how large it is.

Width and height are read in `image_size.py`; what one costs is the gateway's business.
"""

from dataclasses import dataclass, field
from typing import Literal

from pincite.core.image_size import Size, size_of

ImageType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
IMAGE_TYPES: tuple[ImageType, ...] = ("image/png", "image/jpeg", "image/gif", "image/webp")
Detail = Literal["auto", "low", "high", "original"]
DETAILS: tuple[Detail, ...] = ("auto", "low", "high", "original")
"""How closely a model may be asked to look."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture. Nothing that shows this value shows its bytes.

    Args:
        media_type: what its first bytes say that it is.
        data: the file, as it was sent.
        detail: how closely it is to be looked at; None leaves it to the model.
        size: width and height in pixels; None where the file does not say, or not in a way that can be relied on.
    """

    media_type: ImageType
    data: bytes = field(repr=False)
    detail: Detail | None = None
    size: Size | None = None

    @classmethod
    def of(cls, data: bytes, detail: Detail | None = None) -> "Image | None":
        """Return the image that bytes are, with its size; None where they are none of a kind that models take."""
        kind = type_of(data)
        return None if kind is None else cls(kind, data, detail, size_of(data))


def type_of(data: bytes) -> ImageType | None:
    """Return what the first bytes of a file say that it is, whatever is said of it elsewhere."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if data.startswith(b"RIFF") and data[8:12] == b"WEBP" else None
