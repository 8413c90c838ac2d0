"""Items of lists have the numbers that are shown, whatever their source says."""

from pathlib import Path

import pytest
from tests.contract.format_samples import pages_of

from pincite.guard import DocumentReader, FileType


@pytest.mark.parametrize(
    ("file_type", "source", "said"),
    [
        (FileType.MARKDOWN, "1. ask\n1. pay\n1. go\n", "1. ask\n2. pay\n3. go"),
        (FileType.MARKDOWN, "0. ask\n7. pay\n", "0. ask\n1. pay"),
        (FileType.MARKDOWN, "5. ask\n   1. mail\n   1. phone\n5. pay\n", "5. ask\n1. mail\n2. phone\n6. pay"),
        (FileType.HTML, "<ol start=5><li>ask<li value=9>pay<li>go</ol>", "5. ask\n9. pay\n10. go"),
        (FileType.HTML, "<ol type=a><li>ask<ol type=i><li>by mail<li>by phone</ol><li>pay</ol>",
         "a. ask\ni. by mail\nii. by phone\nb. pay"),
        (FileType.HTML, "<ol start=3 reversed><li>go<li>pay</ol>", "3. go\n2. pay"),
        (FileType.HTML, "<ol reversed><li>go<li>pay</ol>", "go\npay"),
        (FileType.RST, "#. ask\n#. pay\n\n   now\n\n#. go\n\nDone.\n\n#. rest\n",
         "1. ask\n2. pay\n\nnow\n\n3. go\n\nDone.\n\n1. rest"),
        (FileType.RST, "b. ask\n#. pay\n", "b. ask\nc. pay"),
    ],
)  # fmt: skip
async def test_items_have_the_numbers_that_are_shown(
    reader: DocumentReader, tmp_path: Path, file_type: FileType, source: str, said: str
) -> None:
    (tmp_path / "a").write_text(f"<html><body>{source}" if file_type is FileType.HTML else source)
    (page,) = await pages_of(reader, tmp_path / "a", file_type)
    assert page.text == said
