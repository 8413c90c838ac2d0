"""What a hijacked parser answers: nonsense is that document's failure, never the server's, and none of it is kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.adversary.attacker import Attacker

from pincite.guard import DocumentReader, FileType, ParserCrashed, UnreadableDocument
from pincite.guard.sandbox import ChildPool
from pincite.guard.service import _Pools
from pincite.guard.settings import GuardSettings

SETTINGS = GuardSettings(children=1, viewers=1, max_pages=100, max_text_chars=1000, batch_time_limit_s=5)
PAGE = [1, "1", "text", [], "", None]
NONSENSE: dict[str, str] = {
    "no kind": '{"pages": [], "total": null}',
    "a kind that is none": '{"kind": 7, "pages": [], "total": null}',
    "no object": "[1]",
    "no JSON": "{",
    "nested": "[" * 200_000,
    "a nested object": '{"a":' * 200_000,
    "not a number": '{"kind": "pages", "total": NaN, "pages": []}',
    "pages that are none": '{"kind": "pages", "total": null, "pages": 5}',
    "no pages": '{"kind": "pages", "total": null}',
    "a total that is none": json.dumps({"kind": "pages", "total": "x", "pages": []}),
    "a total without end": json.dumps({"kind": "pages", "total": 10**100, "pages": []}),
} | {
    name: json.dumps({"kind": "pages", "total": None, "pages": pages})
    for name, pages in {
        "page 0": [[0, *PAGE[1:]]],
        "a page before the first": [[-1, *PAGE[1:]]],
        "a page twice": [PAGE, PAGE],
        "a page after the last": [[101, *PAGE[1:]]],
        "a page without end": [[10**50, *PAGE[1:]]],
        "half a character": [[1, "1", "\ud800", [], "", None]],
        "half a label": [[1, "\udfff", "x", [], "", None]],
        "a block outside": [[1, "1", "text", [["paragraph", 0, 99, 0]], "", None]],
        "a block backwards": [[1, "1", "text", [["paragraph", 3, 1, 0]], "", None]],
        "a block of no kind": [[1, "1", "text", [["x", 0, 1, 0]], "", None]],
        "a cell outside": [[1, "1", "text", [["table", 0, 4, 0, 1, [[[0, 77, 0]]]]], "", None]],
        "a place outside": [[1, "1", "text", [], "", [100, 100, [[0, 9, 0, 0, 1, 1, False]], []]]],
        "a place nowhere": [[1, "1", "text", [], "", [100, 100, [[0, 2, 0, 0, 1e999, 1, False]], []]]],
        "a link that is none": [[1, "1", "text", [], "", [1, 1, [], [[0, 2, "javascript:alert(1)", 0]]]]],
        "more text than is allowed": [[1, "1", "x" * 1001, [], "", None]],
    }.items()
}
NONSENSE["half an error"] = json.dumps({"kind": "error", "message": "\ud800"})  # the last: "done" follows it unread
SAY = """
import struct
head = given.encode("utf-8", "surrogatepass")
channel.replies.write(struct.pack(">II", len(head), 0) + head)
channel.replies.flush()
"""


@pytest.fixture
async def reading(tmp_path: Path) -> AsyncIterator[DocumentReader]:
    """A reader whose children say what their document holds, in place of pages."""
    attacker = Attacker(tmp_path)
    entry = tmp_path / "liar.py"
    lying = "def attempt(channel, source, message):\n    given = source.file.read().decode('utf-8')\n    exec(SAY)\n"
    program = (tmp_path / "hostile-False.py").read_text()
    start = program.index("serve(int")
    entry.write_text(
        program[:start] + f"SAY = {SAY!r}\n{lying}"
        'serve(int(sys.argv[1]), int(sys.argv[2]), {name: attempt for name in ("read", "boxes", "sniff", "markup")})\n'
    )
    await attacker.pool.close()
    reader = DocumentReader(SETTINGS)
    pools = _Pools(ChildPool(SETTINGS, size=1, entry=entry), ChildPool(SETTINGS, size=1, entry=entry))
    reader._pools[asyncio.get_running_loop()] = pools
    yield reader
    await reader.close()


async def pages_of(reader: DocumentReader, path: Path) -> list[Any]:
    return [page async for batch in reader.read(path, FileType.TEXT) for page in batch.pages]


async def test_pages_that_make_no_sense_are_the_documents_failure(reading: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    path.write_text(json.dumps({"kind": "pages", "total": 1, "pages": [PAGE]}))
    assert [page.text for page in await pages_of(reading, path)] == ["text"]
    let_through: list[str] = []
    for name, said in NONSENSE.items():
        path.write_text(said)
        try:
            await pages_of(reading, path)
        except ParserCrashed:
            continue
        let_through.append(name)
    assert let_through == []


async def test_what_else_it_says_is_checked_too(reading: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    for said in ('{"kind": "type", "type": "exe"}', '{"kind": "type"}', '{"kind": "boxes", "width": 1e999}',
                 '{"kind": "boxes", "width": 1, "height": 1, "boxes": [[1, 2]]}', '{"kind": "markup"}'):  # fmt: skip
        path.write_text(said)
        for asked in (
            reading.sniff(path, "a"),
            reading.boxes(path, 1, 0, 1),
            reading.markup(path, "http://a.example/"),
        ):
            with pytest.raises(ParserCrashed):
                await asked


async def test_an_error_is_kept_short_and_printable(reading: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    path.write_text(json.dumps({"kind": "error", "code": "x", "message": "m" * 9999, "remedy": "r", "page": 10**40}))
    with pytest.raises(UnreadableDocument) as caught:
        await pages_of(reading, path)
    assert (len(caught.value.message), caught.value.page) == (2000, None)
