"""What a web page shows on a click is read: answers below their questions, panels of tabs; what nobody sees is not."""

from pathlib import Path

import pytest
from tests.contract.format_samples import pages_of

from pincite.guard import DocumentReader, FileType


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        (
            "<h3><button>Who pays?</button></h3><div role=region aria-labelledby=q hidden>We do.</div>",
            "Who pays?\n\nWe do.",
        ),
        ("<dl><dt><button aria-controls=a aria-expanded=false>Who pays?</button></dt><dd id=a>We do.</dd></dl>",
         "Who pays?\n\nWe do."),
        ("<div role=tabpanel>On Linux.</div><div role=tabpanel hidden>On a Mac.</div>", "On Linux.\n\nOn a Mac."),
        ("<div role=tabpanel aria-hidden=true style='display:none'>On a Mac.</div>", "On a Mac."),
        ("<p>Seen.</p><p hidden=until-found>Found.</p>", "Seen.\n\nFound."),
        ("<p>Seen.</p><p hidden>Not seen.</p><button>Copy</button>", "Seen."),
        ("<p>Seen.</p><div role=region hidden>Not seen.</div><div role=navigation>Menu</div>", "Seen."),
    ],
)  # fmt: skip
async def test_what_a_click_shows_is_read(reader: DocumentReader, tmp_path: Path, markup: str, said: str) -> None:
    (tmp_path / "a.html").write_text(f"<html><body>{markup}</body></html>")
    (page,) = await pages_of(reader, tmp_path / "a.html", FileType.HTML)
    assert page.text == said
