"""Multipart bodies arrive in pieces of any size and come out whole, or are refused."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.ingest.multipart import MAX_FIELD_BYTES, BadUpload, MultipartReader

BOUNDARY = "b0undary"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def encoded(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    body = b""
    for name, filename, content in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        body += (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
        )
    return body + f"--{BOUNDARY}--\r\n".encode()


async def in_pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def everything(body: bytes, size: int = 64) -> list[tuple[str, str | None, bytes]]:
    reader = MultipartReader(TYPE, in_pieces(body, size))
    return [(part.name, part.filename, b"".join([p async for p in reader.pieces()])) async for part in reader.parts()]


@given(content=st.binary(max_size=300), size=st.integers(1, 80))
async def test_any_bytes_survive_any_cut(content: bytes, size: int) -> None:
    sent: list[tuple[str, str | None, bytes]] = [("file", "a.pdf", content), ("collection", None, b"hr")]
    assert await everything(encoded(sent), size) == sent


async def test_a_boundary_inside_the_content_does_not_end_it() -> None:
    content = b"--b0undar\r\n--b0 \r\n-- x"
    assert await everything(encoded([("file", "a", content)]), 7) == [("file", "a", content)]


async def test_names_may_be_any_language() -> None:
    assert (await everything(encoded([("file", "Über 規則.pdf", b"x")])))[0][1] == "Über 規則.pdf"


async def test_unread_parts_are_skipped() -> None:
    body = encoded([("file", "a", b"x" * 500), ("collection", None, b"hr")])
    reader = MultipartReader(TYPE, in_pieces(body, 10))
    assert [part.name async for part in reader.parts()] == ["file", "collection"]


@pytest.mark.parametrize("cut", [4, 20, 60, 100])
async def test_a_body_that_breaks_off_is_refused(cut: int) -> None:
    body = encoded([("file", "a.pdf", b"x" * 200)])
    with pytest.raises(BadUpload):
        await everything(body[:-cut])


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data"])
def test_other_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(BadUpload):
        MultipartReader(content_type, in_pieces(b"", 1))


async def test_a_part_without_a_name_is_refused() -> None:
    with pytest.raises(BadUpload):
        await everything(f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode())


async def test_a_long_field_is_refused() -> None:
    reader = MultipartReader(TYPE, in_pieces(encoded([("source", None, b"x" * (MAX_FIELD_BYTES + 1))]), 4096))
    assert (await anext(reader.parts())).name == "source"
    with pytest.raises(BadUpload):
        await reader.text()
