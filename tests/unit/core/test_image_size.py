"""What a file says of its size: as decoders read it, whatever the bytes, and never for long."""

import io
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Drawn
from tests.doubles.pictures import TYPES, picture

from pincite.core.image_size import size_of
from pincite.core.images import Image, type_of

SIDE = st.integers(1, 300)
OTHERS = [("JPEG", {"progressive": True}), ("WEBP", {"lossless": True})]
KINDS = st.sampled_from([*((kind, dict[str, bool]()) for kind in TYPES), *OTHERS])
BEGINS = st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF1234WEBP", b"RIFF1234WEBPVP8X"])


@settings(deadline=None)  # Pillow loads what it draws with
@given(KINDS, SIDE, SIDE)
def test_sizes_are_those_that_decoders_read(kind: tuple[str, dict[str, bool]], width: int, height: int) -> None:
    name, how = kind
    data = picture(name, (width, height), **how)
    assert Drawn.open(io.BytesIO(data)).size == size_of(data) == (width, height)
    assert type_of(data) == TYPES[name]


def test_what_stands_before_a_picture_is_passed_over() -> None:
    held = io.BytesIO()
    exif = Drawn.Exif()
    exif[0x010E] = "x" * 30_000
    Drawn.new("RGB", (70, 50)).save(held, "JPEG", exif=exif, comment=b"y" * 60_000, icc_profile=b"z" * 200_000)
    assert size_of(held.getvalue()) == (70, 50)
    animated = io.BytesIO()
    frames = [Drawn.new("P", (60, 40), colour) for colour in (1, 2)]
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:], comment=b"c" * 900, loop=0)
    assert size_of(animated.getvalue()) == (60, 40)
    extended = io.BytesIO()
    Drawn.new("RGBA", (90, 30), (1, 2, 3, 4)).save(extended, "WEBP", exif=exif)
    assert extended.getvalue()[12:16] == b"VP8X"
    assert size_of(extended.getvalue()) == (90, 30)


def test_a_screen_is_as_large_as_the_picture_on_it() -> None:
    data = bytearray(picture("GIF", (60, 40)))
    data[6:10] = struct.pack("<HH", 1, 1)
    assert size_of(bytes(data)) == (60, 40)


@given(BEGINS, st.binary(max_size=200))
def test_no_bytes_raise(begin: bytes, data: bytes) -> None:
    found = size_of(begin + data)
    assert found is None or min(found) >= 1
    Image.of(begin + data)


@settings(deadline=None)
@given(KINDS, st.data())
def test_no_damage_raises(kind: tuple[str, dict[str, bool]], chance: st.DataObject) -> None:
    data = bytearray(picture(kind[0], (64, 48), **kind[1]))
    for _ in range(chance.draw(st.integers(0, 4))):
        data[chance.draw(st.integers(0, len(data) - 1))] = chance.draw(st.integers(0, 255))
    cut = bytes(data[: chance.draw(st.integers(0, len(data)))])
    found = size_of(cut)
    assert found is None or min(found) >= 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_one_that_is_cut_off_before_its_size_has_none(kind: str) -> None:
    data = picture(kind, (64, 48))
    assert size_of(data[:15]) is None
    image = Image.of(data[:15])
    assert image is not None
    assert image.size is None


def test_sides_of_none_are_no_size_and_giants_are_what_they_say() -> None:
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    assert size_of(head + struct.pack(">II", 0, 9)) is None
    assert size_of(head + struct.pack(">II", 2**32 - 1, 2**31)) == (2**32 - 1, 2**31)
    assert size_of(head.replace(b"IHDR", b"IDAT") + struct.pack(">II", 9, 9)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff\xe1\x00\x02" * 1_000_000,
        b"\xff\xd8" + b"\xff" * 4_000_000,
        b"GIF89a" + b"\x01\x00\x01\x00\x00\x00\x00" + b"!\xfe" + b"\x01a" * 2_000_000,
        b"GIF89a" + b"\x01\x00\x01\x00\x00\x00\x00" + b"!\xfe\x00" * 1_000_000,
    ],
)
def test_what_has_no_end_of_parts_is_left_soon(data: bytes) -> None:
    began = time.perf_counter()
    assert size_of(data) is None
    assert time.perf_counter() - began < 0.1


def test_no_bytes_are_shown_with_an_image() -> None:
    image = Image.of(picture())
    assert image is not None
    assert "\\x" not in repr(image)
    assert "IHDR" not in repr((image,))
