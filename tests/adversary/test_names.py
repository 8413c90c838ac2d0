"""Hostile file names through every door that takes one: nothing is written by them, and what is shown is clean."""

import io
import os
import tarfile
import unicodedata
import zipfile
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from tests.adversary.names import MARK, hostile_names
from tests.flow.conftest import signed_in

from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import InvalidInput, PinciteError
from pincite.guard import DocumentReader, FileType
from pincite.guard.settings import GuardSettings
from pincite.ingest import Received
from pincite.ingest.multipart import MultipartReader
from pincite.library.names import clean_source
from pincite.sources.adapters.folder import FolderOptions, FolderSource
from pincite.sources.domain import Known, Place, Tools

NAMES = tuple(hostile_names())
HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff\u200b\u2060\u00ad")
TEXT = b"# Rules\n\nThe ferry leaves at nine every morning.\n"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Every room, without a worker."""
    async with open_house(read_settings(home=tmp_path / "home", model="none", log_level="error"), work=False) as opened:
        yield opened


@pytest.fixture(autouse=True)
def nothing_is_made_by_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look for the mark wherever a name could lead: the data folder, where we are, the folders above."""
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    before = marked(tmp_path)
    yield
    assert marked(tmp_path) == before


def marked(folder: Path) -> set[str]:
    above = [*folder.parents, Path("/tmp"), Path("/dev/shm"), Path.home()]
    found = {str(path) for place in above if place.is_dir() for path in place.iterdir() if MARK in path.name}
    for where, folders, files in os.walk(folder):
        found |= {os.path.join(where, name) for name in (*folders, *files) if MARK in name and "given" not in where}  # noqa: PTH118
    return found


def is_clean(shown: str, *, most: int = 500) -> bool:
    """Whether a name can be shown and stored: one line, no way up, nothing that nobody sees."""
    categories = {unicodedata.category(char) for char in shown}
    return (
        0 < len(shown) <= most
        and not categories & {"Cc", "Cs", "Zl", "Zp"}
        and not HIDDEN & set(shown)
        and not shown.startswith(("/", "\\"))
        and not {"", ".", ".."} & set(shown.replace("\\", "/").split("/"))
    )


def test_there_are_hundreds_of_names() -> None:
    assert len(NAMES) > 300
    assert not is_clean("a/../b")
    assert not is_clean("a\u2028b")
    assert is_clean("a/b c.md")


async def test_every_name_that_a_form_brings_is_cleaned_or_refused() -> None:
    kept = 0
    for name in NAMES:
        body, kind = _form(name.encode("utf-8", "surrogatepass"))
        try:
            (part,) = [part async for part in MultipartReader(kind, _pieces(body)).parts()]
            cleaned = clean_source(part.filename or "unnamed")
        except InvalidInput:
            continue
        assert is_clean(cleaned), repr(name)
        assert clean_source(cleaned) == cleaned
        kept += 1
    assert kept > 250


async def test_uploads(house: House) -> None:
    """By the name of a file, and by the field that names the document."""
    async with signed_in(house) as client:
        for name in NAMES[::9]:
            body, kind = _form(name.encode("utf-8", "surrogatepass"))
            _expect(name, await client.post("/v1/documents", content=body, headers={"content-type": kind}))
        for name in NAMES[::17]:
            body, kind = _form(b"a.md", name.encode("utf-8", "surrogatepass"))
            _expect(name, await client.post("/v1/documents", content=body, headers={"content-type": kind}))


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


def _form(filename: bytes, source: bytes | None = None) -> tuple[bytes, str]:
    escaped = filename.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\r", b"").replace(b"\n", b"")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + escaped + b'"\r\n\r\n' + TEXT
    if source is not None:
        body += b'\r\n--x\r\nContent-Disposition: form-data; name="source"\r\n\r\n' + source
    return body + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def _expect(name: str, answer: httpx2.Response) -> None:
    if answer.status_code == 202:
        assert is_clean(answer.json()["items"][0]["source"]), repr(name)
        return
    assert answer.status_code == 422, (name[:80], answer.text)
    assert answer.json()["remedy"]


async def test_what_is_shown_of_them_comes_back_as_a_header(house: House) -> None:
    scope = await house.owner()
    async with signed_in(house) as client:
        kept = 0
        for name in NAMES[::11]:
            staged = await house.ingest.stage(scope, name, _stream())
            (got,) = await house.ingest.register_many(scope, [(name, staged)], collection="default")
            if isinstance(got, PinciteError):
                assert got.code == "invalid-input"
                continue
            assert isinstance(got, Received)
            assert is_clean(got.document.source), repr(name)
            content = await client.get(f"/v1/documents/{got.document.id}/content")
            assert content.status_code == 200
            disposition = content.headers["content-disposition"]
            assert quote(got.document.source.rsplit("/", 1)[-1], safe="") in disposition
            assert disposition.count('"') == 2
            kept += 1
    assert kept > 20


async def _stream() -> AsyncIterator[bytes]:
    yield TEXT


def _zip(names: list[str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x.md")
            info.filename = name.encode("utf-8", "replace").decode()[:60_000]
            archive.writestr(info, TEXT)
    return held.getvalue()


def _tar(names: list[str]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in names:
            for kind in (tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
                info = tarfile.TarInfo(name.encode("utf-8", "replace").decode().replace("\x00", ""))
                info.type, info.linkname = kind, f"/tmp/{MARK}"
                info.size = len(TEXT) if kind == tarfile.REGTYPE else 0
                archive.addfile(info, io.BytesIO(TEXT) if info.size else None)
    return held.getvalue()


def _mail(names: list[str]) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "Rules"
    mail.set_content("See the files.")
    for name in names:
        mail.add_attachment(TEXT, maintype="text", subtype="markdown", filename="PLACE")
        spelled = quote(name.encode("utf-8", "replace")[:2000], safe="")
        part: Any = list(mail.iter_attachments())[-1]
        del part["Content-Disposition"]
        part["Content-Disposition"] = "attachment"
        part._headers[-1] = ("Content-Disposition", f"attachment; filename*=utf-8''{spelled}")
    return mail.as_bytes()


@pytest.mark.parametrize(("kind", "make"), [(FileType.ZIP, _zip), (FileType.TAR, _tar), (FileType.EML, _mail)])
async def test_members_of_archives_and_mail(kind: FileType, make: Any, tmp_path: Path) -> None:
    path = tmp_path / "given"
    path.write_bytes(make([f"{number} {name}" if name.startswith(".") else name for number, name in enumerate(NAMES)]))
    reader = DocumentReader(GuardSettings(children=1, viewers=1))
    labels = [page.label async for batch in reader.read(path, kind) for page in batch.pages]
    await reader.close()
    assert len(labels) > len(NAMES) / 2
    assert [label for label in labels if not is_clean(label.split(",")[0], most=200)] == []


async def test_files_of_a_folder(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    for name in (*NAMES, "caf\udce9"):
        flat = os.fsencode(
            name.replace("\x00", "").encode("utf-8", "surrogateescape" if "\udce9" in name else "replace")
        )
        flat = flat.replace(b"/", b"_")[:200]
        if flat not in {b"", b".", b".."}:
            with open(os.path.join(os.fsencode(folder), flat), "wb") as file:  # noqa: PTH118, PTH123
                file.write(TEXT)

    async def nothing_known(_key: str) -> Known | None:
        return None

    tools = Tools(house.fetcher, house.reader, lambda _: "", tmp_path)
    source = FolderSource(Place("s1", str(folder)), FolderOptions.model_validate({"hidden": True}), tools)
    found = [each async for each in source.find(nothing_known)]
    assert len(found) > 200
    scope = await house.owner()
    staged = await house.ingest.stage(scope, "a.md", _stream())
    came = await house.ingest.register_many(
        scope, [(f"place/{each.name}", staged) for each in found], collection="default"
    )
    bad = [each for each in came if isinstance(each, PinciteError)]
    assert all(each.code == "invalid-input" for each in bad)
    sources = [each.document.source for each in came if isinstance(each, Received)]
    assert len(sources) > 200
    assert [each for each in sources if not is_clean(each)] == []
