"""The look of the PDFs: paragraph styles and table rules.

No text and no page geometry.
"""

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import TableStyle

from handbook_writer import palette


def _colour(code: str) -> Color:
    return HexColor(f"#{code}")


INK, TEAL, SAND = _colour(palette.INK), _colour(palette.TEAL), _colour(palette.SAND)
MIST, LINE, GREY = _colour(palette.MIST), _colour(palette.LINE), _colour(palette.GREY)


def _style(name: str, font: str, size: float, leading: float, **more: object) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, **{"textColor": INK, **more})


STYLES = {
    style.name: style
    for style in (
        _style("title", "Helvetica-Bold", 23, 28, textColor=TEAL, spaceBefore=4, spaceAfter=10),
        _style("h2", "Helvetica-Bold", 13.5, 17, textColor=TEAL, spaceBefore=12, spaceAfter=5),
        _style("h3", "Helvetica-Bold", 10.5, 14, spaceBefore=6, spaceAfter=3),
        _style("body", "Helvetica", 10, 14.6, spaceAfter=7),
        _style("item", "Helvetica", 10, 14.2, spaceAfter=3),
        _style("callout", "Helvetica", 10, 14.4),
        _style("key", "Helvetica", 8.5, 12, textColor=GREY),
        _style("fact", "Helvetica", 9, 12),
        _style("head", "Helvetica-Bold", 9, 12, textColor=white),
        _style("cell", "Helvetica", 9, 12.2),
    )
}

FACTS = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("LINEABOVE", (0, 0), (-1, 0), 1.2, SAND),
    ]
)

CALLOUT = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, -1), MIST),
        ("LINEBEFORE", (0, 0), (0, -1), 3, SAND),
        ("LEFTPADDING", (0, 0), (-1, -1), 10),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
    ]
)


def table_style(rows: int) -> TableStyle:
    """Header band, a hairline under each row, every second row tinted."""
    tints = [("BACKGROUND", (0, row), (-1, row), MIST) for row in range(2, rows, 2)]
    return TableStyle(
        [
            ("BACKGROUND", (0, 0), (-1, 0), TEAL),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("LINEBELOW", (0, -1), (-1, -1), 1, TEAL),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            *tints,
        ]
    )
