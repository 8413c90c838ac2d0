"""What reStructuredText says to its reader is read: within directives, in tables of every kind, in footnotes."""

from pathlib import Path

import pytest
from tests.contract.format_samples import pages_of

from pincite.guard import BlockKind, DocumentReader, FileType


async def _text(reader: DocumentReader, folder: Path, markup: str) -> str:
    path = folder / "paper.rst"
    path.write_text(markup)
    return "\n".join(page.text for page in await pages_of(reader, path, FileType.RST))


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        (".. function:: join(a, *p, **kw)\n\n   Join them.\n\n   :param a: the first\n",
         "join(a, *p, **kw)\n\nJoin them.\n\n:param a: the first"),
        (".. py:class:: Till(x)\n   :final:\n\n   A till.\n\n   .. method:: __init__()\n\n      Opens it.\n",
         "Till(x)\n\nA till.\n\n__init__()\n\nOpens it."),
        (".. figure:: till.png\n   :alt: a till\n\n   The till of 1999.\n", "The till of 1999."),
        (".. only:: html\n\n   Seen there.\n", "Seen there."),
        (".. versionchanged:: 3.10\n   Now faster.\n", "Changed in version 3.10: Now faster."),
        (".. note:: Careful\n", "Careful"),
        (".. math:: E = mc^2\n", "E = mc^2"),
        (".. note::\n\n   Two things:\n\n   * the bill\n   * the till\n", "Two things:\n\nthe bill\nthe till"),
        ("Paid [1]_.\n\n.. [1] By card.\n.. [CIT2002] A book.\n", "Paid [1].\n\n[1] By card.\n\n[CIT2002] A book."),
        ("1. One\n\n   .. image:: a.png\n\n   Go on.\n", "1. One\n\nGo on."),
        ("1. One::\n\n      pay()\n\n   Go on.\n", "1. One:\n\npay()\n\nGo on."),
        ("...and so on.\n", "...and so on."),
        ("..\n\n   A quote.\n", "A quote."),
        ("Call ``__init__(*args)`` or __init__, ``**kw`` and *this*.\n",
         "Call __init__(*args) or __init__, **kw and this."),
        (".. |release| replace:: 3.14\n\nThis is |release|.\n", "This is 3.14."),
        ("| one\n| two\n", "one\ntwo"),
        (">>> 6 * 7\n42\n", ">>> 6 * 7\n42"),
    ],
)  # fmt: skip
async def test_what_a_reader_sees_is_read(reader: DocumentReader, tmp_path: Path, markup: str, said: str) -> None:
    assert await _text(reader, tmp_path, markup) == said


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        (".. list-table:: Rates\n   :header-rows: 1\n\n   * - City\n     - Rate\n   * - Oslo\n     - 90\n       EUR\n",
         "Rates\n\nCity | Rate\nOslo | 90 EUR"),
        ('.. csv-table:: Rates\n   :header: "City", "Rate"\n\n   "Oslo, Norway", 90\n',
         "Rates\n\nCity | Rate\nOslo, Norway | 90"),
        (".. table:: Rates\n\n   ====  ====\n   City  Rate\n   ====  ====\n   Oslo  90\n   ====  ====\n",
         "Rates\n\nCity | Rate\nOslo | 90"),
        ("+------+------+\n| Rates of 2026 |\n+======+======+\n| Oslo | 90   |\n+------+------+\n",
         "Rates of 2026\nOslo | 90"),
        ("+------+------+\n| 東京 | 90 |\n+------+------+\n", "東京 | 90"),
        ("+------+----+\n| Oslo | 90 |\n|      +----+\n|      | 95 |\n+------+----+\n", "Oslo | 90\nOslo | 95"),
    ],
)  # fmt: skip
async def test_tables_of_every_kind_are_read(reader: DocumentReader, tmp_path: Path, markup: str, said: str) -> None:
    assert await _text(reader, tmp_path, markup) == said


async def test_what_nobody_sees_is_left_out(reader: DocumentReader, tmp_path: Path) -> None:
    markup = ".. secret one\n   secret two\n\n.. toctree::\n\n   secret/three\n\n.. image:: secret.png\n\n.. _secret: http://x.y\n\nSeen.\n"
    assert await _text(reader, tmp_path, markup) == "Seen."


async def test_directives_within_directives_end_somewhere(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "paper.rst"
    path.write_text("".join(f"{' ' * at}.. note::\n\n" for at in range(300)) + " " * 300 + "Deep.\n")
    (page,) = await pages_of(reader, path, FileType.RST)
    assert page.text.endswith("Deep.")
    assert {block.kind for block in page.blocks} == {BlockKind.PARAGRAPH}
