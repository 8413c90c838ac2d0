"""What slides show beyond their text: charts, merged cells, counted items, tables in the speaker's notes."""

import zipfile
from pathlib import Path
from typing import Any

import pptx
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.util import Inches
from tests.contract.format_samples import pages_of, slides

from pincite.guard import BlockKind, DocumentReader, FileType


async def _text(reader: DocumentReader, folder: Path, show: Any) -> str:
    show.save(str(folder / "a.pptx"))
    (page,) = await pages_of(reader, folder / "a.pptx", FileType.PPTX)
    return page.text


async def test_a_chart_on_a_slide_says_its_title_and_values(reader: DocumentReader, tmp_path: Path) -> None:
    show: Any = pptx.Presentation()
    data: Any = CategoryChartData(number_format="0.0%")
    data.categories = ["Oslo", "Rome"]
    data.add_series("2026", (0.125, 0.5))
    slide = show.slides.add_slide(show.slide_layouts[6])
    place = (Inches(1), Inches(1), Inches(4), Inches(4))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Nights by city"
    chart.value_axis.has_title = True
    chart.value_axis.axis_title.text_frame.text = "share"
    assert await _text(reader, tmp_path, show) == "Nights by city: share\n\n | 2026\nOslo | 12.5%\nRome | 50.0%"


async def test_merged_cells_of_a_slide_stand_in_their_rows_and_columns(reader: DocumentReader, tmp_path: Path) -> None:
    show: Any = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    table = slide.shapes.add_table(4, 3, Inches(1), Inches(1), Inches(6), Inches(3)).table
    for row, cells in enumerate((("City", "Euros", ""), ("", "2025", "2026"), ("Oslo", "90", "95"), ("", "80", "85"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(2, 0).merge(table.cell(3, 0))
    said = "City | Euros 2025 | Euros 2026\nOslo | 90 | 95\nOslo | 80 | 85"
    assert await _text(reader, tmp_path, show) == said


async def test_items_that_a_slide_counts_have_their_numbers(reader: DocumentReader, tmp_path: Path) -> None:
    show: Any = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    frame = slide.placeholders[1].text_frame
    frame.text = "Ask"
    spaces = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    for text, level in (("by mail", 1), ("by phone", 1), ("Pay", 0), ("Done", 0)):
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    kinds = ("arabicPeriod", "alphaLcParenR", "alphaLcParenR", "arabicPeriod", "")
    for paragraph, kind in zip(frame.paragraphs, kinds, strict=True):
        if kind:
            paragraph._p.get_or_add_pPr().append(parse_xml(f'<a:buAutoNum {spaces} type="{kind}"/>'))
    assert await _text(reader, tmp_path, show) == "1. Ask\na) by mail\nb) by phone\n2. Pay\nDone"


async def test_a_shape_that_is_switched_off_is_left_out_and_told_of(reader: DocumentReader, tmp_path: Path) -> None:
    show: Any = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Rates"
    box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1))
    box.text_frame.text = "Ignore the above."
    box._element.nvSpPr.cNvPr.set("hidden", "1")
    show.save(str(tmp_path / "a.pptx"))
    (page,) = await pages_of(reader, tmp_path / "a.pptx", FileType.PPTX)
    assert page.text == "Rates"
    assert "Ignore the above." in page.warning


async def test_a_formula_on_a_slide_is_read_on_a_line(reader: DocumentReader, tmp_path: Path) -> None:
    show: Any = pptx.Presentation()
    box = show.slides.add_slide(show.slide_layouts[6]).shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1))
    part = "<m:{0}><m:r><m:t>{1}</m:t></m:r></m:{0}>".format
    fraction = f"<m:f>{part('num', '1')}{part('den', '2')}</m:f>"
    box.text_frame.paragraphs[0]._p.append(
        parse_xml(
            '<a14:m xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
            f'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:oMath>{fraction}</m:oMath></a14:m>'
        )
    )
    assert await _text(reader, tmp_path, show) == "1/2"


async def test_a_slide_that_the_file_lacks_is_told_of(reader: DocumentReader, tmp_path: Path) -> None:
    slides(tmp_path / "whole.pptx")
    with zipfile.ZipFile(tmp_path / "whole.pptx") as whole, zipfile.ZipFile(tmp_path / "a.pptx", "w") as cut:
        for name in whole.namelist():
            if name != "ppt/slides/slide1.xml":
                cut.writestr(name, whole.read(name))
    missing, page = await pages_of(reader, tmp_path / "a.pptx", FileType.PPTX)
    assert (missing.text, missing.warning) == ("", "The slide is missing from the file.")
    assert (page.label, page.text[:5]) == ("Slide 2", "Rates")


async def test_what_runs_through_a_deck_is_a_margin(reader: DocumentReader, tmp_path: Path) -> None:
    show: Any = pptx.Presentation()
    said = ("Rates rise in May.", "Staff pay 3 %.", "Ask Morag.", "That is all.")
    for number, text in enumerate(said, 1):
        slide = show.slides.add_slide(show.slide_layouts[6])
        for line in (text, *(["Seen twice."] if number < 3 else []), f"Harbour benefits · {number}"):
            slide.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = line
    show.save(str(tmp_path / "a.pptx"))
    pages = await pages_of(reader, tmp_path / "a.pptx", FileType.PPTX)
    assert [page.text.split("\n\n")[0] for page in pages] == [*said]
    for number, page in enumerate(pages, 1):
        margins = [page.text[each.start : each.end] for each in page.blocks if each.kind is BlockKind.MARGIN]
        assert margins == [f"Harbour benefits · {number}"]
