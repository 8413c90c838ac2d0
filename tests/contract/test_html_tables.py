"""Tables of web pages: values under their heads where cells span others, and nothing lost of broken or nested ones."""

from pathlib import Path

import pytest
from tests.contract.format_samples import pages_of

from pincite.guard import DocumentReader, FileType

_RATES = """<table><tr><th colspan="4">Rates</th></tr>
<tr><th rowspan=2>Country</th><th rowspan=2>City</th><th colspan=2>Euros</th></tr><tr><th>2025</th><th>2026</th></tr>
<tr><td rowspan="2">Norway</td><td>Oslo</td><td>90</td><td>95</td></tr><tr><td>Bergen</td><td>80</td><td>85</td></tr>
<tr><td>Italy</td><td colspan=2>none</td><td>75</td></tr></table>"""


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        (
            _RATES,
            (
                "Rates\n\nCountry | City | Euros 2025 | Euros 2026\nNorway | Oslo | 90 | 95\n"
                "Norway | Bergen | 80 | 85\nItaly | none |  | 75"
            ),
        ),
        (
            "<table><tr><td>Name<td colspan=2>Ada<tr><td>City<td colspan=2>Oslo</table>",
            "Name | Ada\nCity | Oslo",
        ),
        (
            "<table><tr><td>City<td colspan=2>Euros<tr><td>Oslo<td>90<td>95</table>",
            "City | Euros | Euros\nOslo | 90 | 95",
        ),
        (
            "<table><tr><td><td colspan=2>2026<tr><td>Nights<td>90<td>95</table>",
            " | 2026 | 2026\nNights | 90 | 95",
        ),
        ("<table><tr><td>Oslo<td>90<tr><td>Rome<td>80 euros", "Oslo | 90\nRome | 80 euros"),
        (
            "<table><tr><td colspan=999999 rowspan=999999>Oslo<td>90<tr><td>Rome</table>Done",
            "Oslo | 90\nRome\n\nDone",
        ),
        (
            "<table><tr><td>Menu<td>Before <table><tr><td>Oslo</td><td>90</td></tr></table> after</table>",
            "Menu\n\nBefore\n\nOslo | 90\n\nafter",
        ),
        ("<table>stray<tr><td>Oslo</td><td>90</td></tr>more</table>Done", "stray\n\nOslo | 90\n\nmore\n\nDone"),
    ],
)
async def test_a_table_says_all_that_it_shows(reader: DocumentReader, tmp_path: Path, markup: str, said: str) -> None:
    (tmp_path / "a.html").write_text(f"<html><body>{markup}")
    (page,) = await pages_of(reader, tmp_path / "a.html", FileType.HTML)
    assert page.text == said
