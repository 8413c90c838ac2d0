"""Markdown's front matter is left out, what only looks like it is the author's text, and nothing else is lost."""

import io

import pytest

from pincite.guard import FileType, PageText
from pincite.guard.adapters import open_document
from pincite.guard.source import Allowance, ReadLimits, Source


def _pages(markdown: str) -> list[PageText]:
    data = markdown.encode()
    source = Source(io.BytesIO(data), len(data), ReadLimits(100, 100_000, 1 << 20), Allowance(1 << 20))
    return list(open_document(FileType.MARKDOWN, source).pages)


def _text(markdown: str) -> str:
    return "\n".join(page.text for page in _pages(markdown))


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


def test_the_title_of_the_front_matter_names_what_has_no_heading() -> None:
    (page,) = _pages('---\ntitle: "Rates: 2026"\ntags: [a]\n---\n\nThe rate is 4 %.\n')
    assert (page.label, page.text) == ("Rates: 2026", "The rate is 4 %.")


@pytest.mark.parametrize(
    "nested",
    [
        "\n".join(f"{'  ' * depth}- item {depth}" for depth in range(12)),
        "\n".join(f"{'  ' * depth}- item {depth}" for depth in range(60)),
        "> " * 90 + "item 0",
        "- " * 90 + "item 0",
    ],
)
def test_what_is_nested_deep_and_what_follows_it_is_read(nested: str) -> None:
    said = _text(f"{nested}\n\nThe rate is 4 %.\n")
    assert said.count("item") == nested.count("item")
    assert said.endswith("The rate is 4 %.")


def test_notes_and_cells_of_broken_tables_are_read() -> None:
    assert _text("Paid[^1].\n\n[^1]: cash\n") == "Paid[^1].\n\n[^1]: cash"
    table = "<table>\n<tr><td>Oslo</td><td>90</td></tr>\n\n<tr><td>Rome</td><td>80</td></tr>\n</table>\n"
    assert _text(table) == "Oslo | 90\n\nRome\n\n80"
