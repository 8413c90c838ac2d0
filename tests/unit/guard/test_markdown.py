"""Markdown's front matter is left out; what only looks like it is the author's text."""

import io

import pytest

from pincite.guard import FileType
from pincite.guard.adapters import open_document
from pincite.guard.source import Allowance, ReadLimits, Source


def _text(markdown: str) -> str:
    data = markdown.encode()
    source = Source(io.BytesIO(data), len(data), ReadLimits(100, 100_000, 1 << 20), Allowance(1 << 20))
    return "\n".join(page.text for page in open_document(FileType.MARKDOWN, source).pages)


@pytest.mark.parametrize(
    "matter",
    [
        "title: Rates",
        'title: "Rates: 2026"\ntags:\n  - a\n- b\n# a note\n\ndraft: true',
        "summary: >\n  Rates\n  of pay",
        "tags: [\n  a,\n]",
        '"last modified": 2026-01-02',
    ],
)
def test_front_matter_is_left_out(matter: str) -> None:
    assert _text(f"---\n{matter}\n---\n\nThe rate is 4 %.\n") == "The rate is 4 %."


@pytest.mark.parametrize(
    "between",
    [
        "The pump is off: do not start it.\n\nAsk the foreman first.",
        "Rate | Weeks\n:-- | --:\n4 % | 8",
        "A single line",
        "See https://example.org for more",
    ],
)
def test_text_between_two_rules_is_kept(between: str) -> None:
    told = _text(f"---\n{between}\n---\n\nThe rate is 4 %.\n")
    assert all(word in told for word in between.replace("|", "").replace(":--", "").replace("--:", "").split())
