"""Draws `source/visitor-declaration.jpg`, the page that looks as if it came out of an old scanner.

Run by hand when the form changes; the picture is committed, because JPEG bytes differ between machines.
"""

import random
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_SIZE = (1240, 1754)
_INK = 52
_PEN = 70
_FONTS = Path(reportlab.__file__).parent / "fonts"
_FIELDS = (
    ("Name of visitor", "Edda Marchetti"),
    ("Organisation", "Lower Wend Drainage Board"),
    ("Vehicle", "KX71 RVO"),
    ("Host", "Hamish Orr"),
    ("Date and time of arrival", "8 July 2025, 08.35"),
    ("Person to ring in an emergency", "P. Marchetti, 0191 496 0127"),
)
_PLEDGES = (
    "I have attended the safety induction and understood it.",
    "I will wear the life jacket given to me at all times beyond the red line.",
    "I can swim 50 metres in clothes.",
    "I take no medicine that makes me drowsy.",
    "I will not photograph customers' instruments.",
    "I will return badge and key to the gatehouse before 17:30.",
)


def _font(size: int, name: str = "Vera.ttf") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONTS / name), size)


def _handwriting(sheet: Image.Image, at: tuple[int, int], text: str, chance: random.Random) -> None:
    """Italic letters, each a little off the line and turned, as a pen would leave them."""
    x, font = at[0], _font(33, "VeraIt.ttf")
    for letter in text:
        tile = Image.new("L", (60, 64), 0)
        ImageDraw.Draw(tile).text((12, 10), letter, font=font, fill=255)
        tile = tile.rotate(chance.uniform(-7, 7), resample=Image.Resampling.BICUBIC)
        sheet.paste(_PEN, (x - 12, at[1] + chance.randint(-3, 3)), tile)
        x += int(font.getlength(letter)) + chance.randint(-2, 1)


def _form(chance: random.Random) -> Image.Image:
    sheet = Image.new("L", _SIZE, 247)
    pen = ImageDraw.Draw(sheet)
    pen.text((130, 120), "HARROWTIDE INSTRUMENTS", font=_font(26, "VeraBd.ttf"), fill=_INK)
    pen.text((130, 165), "Kelder Quarry: visitor declaration", font=_font(42, "VeraBd.ttf"), fill=_INK)
    pen.text((130, 230), "Form V-2. Please write clearly and hand in at the gatehouse.", font=_font(23), fill=_INK)
    pen.line((130, 278, 1110, 278), fill=_INK, width=4)
    y = 310
    for label, answer in _FIELDS:
        pen.text((130, y), label, font=_font(21), fill=_INK)
        _handwriting(sheet, (560, y - 18), answer, chance)
        pen.line((550, y + 36, 1110, y + 36), fill=120, width=2)
        y += 92
    y += 20
    for pledge in _PLEDGES:
        pen.rectangle((130, y, 162, y + 32), outline=_INK, width=3)
        pen.line((136, y + 16, 146, y + 28), fill=_PEN, width=5)
        pen.line((146, y + 28, 170, y - 6), fill=_PEN, width=5)
        pen.text((190, y + 3), pledge, font=_font(23), fill=_INK)
        y += 66
    pen.text((130, 1420), "Signature", font=_font(21), fill=_INK)
    _handwriting(sheet, (330, 1395), "E. Marchetti", chance)
    pen.line((310, 1455, 760, 1455), fill=120, width=2)
    stroke = [(330 + step * 14, 1462 + chance.randint(-9, 9)) for step in range(26)]
    pen.line(stroke, fill=_PEN, width=4, joint="curve")
    _stamp(sheet)
    return sheet


def _stamp(sheet: Image.Image) -> None:
    tile = Image.new("L", (330, 170), 0)
    pen = ImageDraw.Draw(tile)
    pen.rounded_rectangle((8, 8, 321, 161), 18, outline=170, width=6)
    pen.text((40, 36), "GATEHOUSE", font=_font(38, "VeraBd.ttf"), fill=170)
    pen.text((40, 92), "-8 JUL 2025", font=_font(36, "VeraBd.ttf"), fill=170)
    tile = tile.rotate(9, expand=True, resample=Image.Resampling.BICUBIC)
    sheet.paste(95, (790, 1330), tile)


def _age(sheet: Image.Image, chance: random.Random) -> Image.Image:
    """Crooked, speckled, darker towards one edge: what a sheet feeder does to paper."""
    sheet = sheet.rotate(0.9, fillcolor=228, resample=Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(0.7))
    pen = ImageDraw.Draw(sheet)
    for _ in range(420):
        x, y = chance.randrange(_SIZE[0]), chance.randrange(_SIZE[1])
        pen.point((x, y), fill=chance.randint(90, 200))
    for column in range(46):
        shade = Image.new("L", (1, _SIZE[1]), 60)
        sheet.paste(shade, (column, 0), Image.new("L", (1, _SIZE[1]), 150 - column * 3))
    for hole in (560, 1190):
        pen.ellipse((44, hole, 88, hole + 44), fill=120, outline=90)
    return sheet


def main() -> None:
    chance = random.Random(1987)
    picture = _age(_form(chance), chance)
    target = Path(__file__).resolve().parent / "source" / "visitor-declaration.jpg"
    picture.save(target, "JPEG", quality=52, optimize=True, dpi=(150, 150))


if __name__ == "__main__":
    main()
