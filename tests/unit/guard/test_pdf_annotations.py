"""Notes, fields of forms and links of PDFs: with their places, once, bounded, and nothing that is hidden."""

import io
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from tests.unit.guard.papers import annotated, assert_in_order, pages_of, paper, said

from pincite.guard import BlockKind, DocumentReader, FileType, Overlay, PageText, ParserCrashed
from pincite.guard.domain import Box, PageLink, PlacedText
from pincite.guard.settings import GuardSettings

RECT = "/Rect[50 100 150 120]"
BOX = Box(50, 180, 150, 200)  # the same from the top of a page of 300 points
SHOWN = "1 0 0 1 50 250 Tm (The valve is red.) Tj"


def note(kind: str, entries: str, rect: str = RECT) -> str:
    return f"/Subtype/{kind}{rect}{entries}"


def only(data: bytes, *, one_by_one: bool = False) -> PageText:
    (page,) = pages_of(data, one_by_one=one_by_one)
    assert_in_order(page.text, page.blocks)
    return page


def added(page: PageText) -> list[str]:
    """Return what stands behind the page's own text, by lines."""
    begins = None if page.overlay is None else page.overlay.begins
    return [] if begins is None else page.text[begins:].split("\r\n")


@pytest.mark.parametrize(
    ("annotation", "line"),
    [
        (note("Text", "/T(A. Smith)/Contents(Is this right?)"), "Note by A. Smith: Is this right?"),
        (note("Text", "/Contents(Is this right?)"), "Note: Is this right?"),
        (note("Text", "/T(B)/IRT 6 0 R/Contents(It is.)"), "Reply by B: It is."),
        (note("Text", "/T(B)/RC(<p>Rich &amp; <b>old</b></p>)"), "Note by B: Rich &\r\nold"),
        (note("Text", "/Contents<FEFF00DC0062006500720000000A006D00FC0064D83DDE00>"), "Note: Über\r\nmüd\U0001f600"),
        (note("Highlight", "/T(B)/Contents(Too strong a word.)"), "Comment by B: Too strong a word."),
        (note("FreeText", "/T(B)/Contents(Filled in by hand)"), "Text added by B: Filled in by hand"),
        (note("Stamp", "/T(B)/Name/SBNotApproved"), "Stamp by B: Not Approved"),
        (note("Stamp", "/T(B)/Name/Draft/Contents(Paid on 3 May)"), "Stamp by B: Paid on 3 May"),
        (note("Ink", "/Contents(A circle around the date)"), "Comment: A circle around the date"),
    ],
)
def test_what_people_wrote_over_a_page_stands_behind_its_text_with_its_place(annotation: str, line: str) -> None:
    page = only(annotated([annotation], shown=SHOWN))
    assert page.text == f"The valve is red.\r\n{line}"
    assert said(page, BlockKind.NOTE) == [line]
    assert page.overlay is not None
    start = page.text.index(line)
    for at in (start, len(page.text) - 1):
        assert page.overlay.boxes(at, at + 1).boxes == (BOX,), "a note's place is that of all it says"
    assert page.overlay.boxes(0, start).boxes == ()
    assert page.warning == ""


@pytest.mark.parametrize(
    "annotation",
    [
        note("Text", "/Contents(secret)/F 2"),
        note("Text", "/Contents(secret)/F 32"),
        note("Popup", "/Contents(secret)"),
        note("Text", "/Contents(secret)/StateModel(Review)/State(Accepted)/IRT 6 0 R"),
        note("Highlight", "/Contents(  )"),
        note("Highlight", "/Contents(secret)", "/Rect[50 100 50 100]"),
        note("Highlight", "/Contents(secret)", "/Rect[400 100 500 120]"),
        note("Highlight", "/Contents(secret)", ""),
        note("Stamp", "/Name/#qJzvIfbYGHiHzxg"),
        note("Link", "/Contents(secret)/A<</S/URI/URI(https://example.org)>>"),
        note("Widget", "/FT/Tx/T(code)/V(secret)/F 2"),
        note("Widget", "/FT/Tx/T(code)/V(secret)/Ff 8192"),
        note("Widget", "/FT/Btn/T(agree)/V/Off/AS/Off"),
        note("Widget", "/FT/Tx/T(code)/V()"),
    ],
)
@pytest.mark.parametrize("form", ["", "/Fields[6 0 R]"])
def test_what_is_hidden_or_says_nothing_is_not_read(annotation: str, form: str) -> None:
    for careful in (False, True):
        page = only(annotated([annotation], shown=SHOWN, form=form), one_by_one=careful)
        assert (page.text, page.overlay, page.warning) == ("The valve is red.", None, "")


def form(sheet: Canvas, number: int) -> None:
    sheet.drawString(72, 800, "Application")
    fields = sheet.acroForm
    fields.textfield(name="n1", tooltip="Given name", x=72, y=700, width=200, height=20, value="Annabel Lee")
    fields.textfield(name="n2", tooltip="Family name", x=72, y=670, width=200, height=20)
    fields.checkbox(name="citizen", x=72, y=640, size=20, checked=True)
    fields.checkbox(name="member", x=72, y=610, size=20, checked=False)
    fields.radio(name="colour", value="red", x=72, y=580, size=20, selected=False)
    fields.radio(name="colour", value="2", x=102, y=580, size=20, selected=True)
    fields.choice(name="town", x=72, y=550, width=100, height=20, value="Oslo", options=["Bergen", "Oslo"])


def test_what_was_filled_into_a_form_is_a_list_of_the_page() -> None:
    page = only(paper(form))
    assert page.text.startswith("Application\r\n")
    assert added(page) == ["Given name: Annabel Lee", "citizen: yes", "colour: 2", "town: Oslo"]
    assert said(page, BlockKind.LIST) == ["\r\n".join(added(page))]
    assert page.overlay is not None
    (box,) = page.overlay.boxes(page.text.index("Annabel"), page.text.index("Annabel") + 3).boxes
    assert (box.x0, box.x1) == (72, 272)
    assert (round(page.overlay.height - box.y1), round(page.overlay.height - box.y0)) == (700, 720)


def test_a_value_that_a_field_has_from_above_is_read_unless_a_parser_died() -> None:
    above = ["<</T(applicant)/FT/Tx/V(Annabel)/Kids[6 0 R]/Parent 8 0 R>>", "<</T(form)/Kids[7 0 R]>>"]
    box = "/Subtype/Widget/Rect[50 100 150 120]/Parent 7 0 R"
    data = annotated([box], more=above, form="/Fields[8 0 R]", shown=SHOWN)
    assert added(only(data)) == ["applicant: Annabel"]
    careful = only(data, one_by_one=True)
    assert added(careful) == []
    assert "fields may be left out" in careful.warning


def test_labels_of_chosen_options_are_read_and_not_their_codes() -> None:
    entries = "/FT/Ch/Ff 2097152/T(towns)/Opt[[(b)(Bergen)][(o)(Oslo)][(t)(Tromso)]]/V[(b)(t)]"
    page = only(annotated([note("Widget", entries)], shown=SHOWN, form="/Fields[6 0 R]"))
    assert added(page) == ["towns: Bergen, Tromso"]


def test_what_the_page_shows_there_already_is_not_put_twice() -> None:
    printed = "1 0 0 1 52 105 Tm (Annabel Lee) Tj 1 0 0 1 50 250 Tm (The valve is red and the pump is blue.) Tj"
    over = "/Rect[50 245 280 265]"
    page = only(
        annotated(
            [
                note("Widget", "/FT/Tx/T(name)/V(Annabel Lee)"),
                note("Widget", "/FT/Tx/T(place)/V(Annabel Lee)", "/Rect[50 50 150 70]"),
                note("Highlight", "/Contents(the valve is red and the pump)", over),
                note("Highlight", "/Contents(valve)", over),
            ],
            shown=printed,
        )
    )
    assert added(page) == ["place: Annabel Lee", "Comment: valve"]


def test_a_page_with_nothing_but_a_filled_form_is_a_page_with_text() -> None:
    assert only(annotated([note("Widget", "/FT/Tx/T(name)/V(Annabel)")])).text == "name: Annabel"


@pytest.mark.parametrize(
    ("rotation", "box"), [(90, (100, 50, 120, 150)), (180, (150, 100, 250, 120)), (270, (180, 150, 200, 250))]
)
def test_places_are_those_of_the_page_as_shown(rotation: int, box: tuple[float, float, float, float]) -> None:
    page = only(annotated([note("Square", "/Contents(Here)")], shown=SHOWN, page=f"/Rotate {rotation}"))
    assert page.overlay is not None
    assert [placed.box for placed in page.overlay.placed] == [Box(*box)]


LINES = "1 0 0 1 50 250 Tm (See the rules here, and) Tj 1 0 0 1 50 230 Tm (what they say.) Tj"


def link(target: str, rect: str = "/Rect[118 245 146 265]") -> str:
    return f"/Subtype/Link{rect}{target}"


@pytest.mark.parametrize(
    ("annotation", "leads"),
    [
        (link("/A<</S/URI/URI(https://example.org/a?b=c)>>"), [("here", "https://example.org/a?b=c", 0)]),
        (link("/A<</S/URI/URI(mailto:a@example.org)>>"), [("here", "mailto:a@example.org", 0)]),
        (link("/Dest[3 0 R/Fit]"), [("here", "", 1)]),
        (link("/A<</S/GoTo/D[3 0 R/Fit]>>"), [("here", "", 1)]),
        (
            link("/Dest[3 0 R/Fit]", "/Rect[45 225 290 265]"),
            [("See the rules here, and", "", 1), ("what they say.", "", 1)],
        ),
        (link("/A<</S/URI/URI(javascript:alert)>>"), []),
        (link("/A<</S/URI/URI(file:///etc/passwd)>>"), []),
        (link("/A<</S/URI/URI(https://example.org/a b)>>"), []),
        (link(f"/A<</S/URI/URI(https://example.org/{'a' * 3_000})>>"), []),
        (link("/A<</S/JavaScript/JS(alert)>>"), []),
        (link("/A<</S/Launch/F(a.exe)>>"), []),
        (link("/Dest[99 0 R/Fit]"), []),
        (link("/Dest(nowhere)"), []),
        (link("/Dest[3 0 R/Fit]", "/Rect[10 10 20 20]"), []),
        (link("/Dest[3 0 R/Fit]/F 2"), []),
    ],
)
def test_links_say_what_they_lie_on_and_where_they_lead(annotation: str, leads: list[tuple[str, str, int]]) -> None:
    page = only(annotated([annotation], shown=LINES))
    links = () if page.overlay is None else page.overlay.links
    assert [(page.text[each.start : each.end], each.url, each.page) for each in links] == leads
    assert page.text == "See the rules here, and\r\nwhat they say.", "where a link leads is no text of the page"


def test_links_of_turned_pages_lie_on_their_words() -> None:
    turned = "0 1 -1 0 50 50 Tm (See the rules here, and) Tj 0 1 -1 0 70 50 Tm (what they say.) Tj"
    page = only(annotated([link("/Dest[3 0 R/Fit]", "/Rect[35 118 55 146]")], shown=turned, page="/Rotate 90"))
    assert page.overlay is not None
    assert [page.text[each.start : each.end] for each in page.overlay.links] == ["here"]


def test_a_link_to_anything_but_the_web_mail_or_a_page_is_refused_also_from_a_child() -> None:
    for url, page in (("javascript:alert(1)", 0), ("", 0), ("https://a b", 0), ("file:///a", 3)):
        with pytest.raises(ValueError, match="leads to"):
            Overlay.of_list([1, 1, [], [[0, 1, url, page]]])


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@given(st.lists(st.tuples(st.sampled_from(["Text", "FreeText", "Widget"]), texts, texts), max_size=6))
def test_whatever_is_written_the_pages_own_characters_keep_their_offsets(items: list[tuple[str, str, str]]) -> None:
    def hexed(text: str) -> str:
        return f"<FEFF{text.encode('utf-16-be').hex()}>"

    annotations = [
        note(kind, f"/T{hexed(name)}{'/FT/Tx/V' if kind == 'Widget' else '/Contents'}{hexed(text)}")
        for kind, name, text in items
    ]
    page = only(annotated(annotations, shown=SHOWN, form="/Fields[]"))
    assert page.text.startswith("The valve is red.")
    placed = () if page.overlay is None else page.overlay.placed
    at = len("The valve is red.")
    for each in placed:
        assert page.text[at : each.start] == "\r\n"
        assert page.text[each.start : each.end].strip()
        assert each.box == BOX
        at = each.end
    assert at == len(page.text)
    if page.overlay is not None:
        assert Overlay.of_list(page.overlay.as_list()) == page.overlay


# Hostile files


def test_of_very_many_notes_some_are_read_and_the_page_says_so() -> None:
    data = annotated([note("Text", f"/Contents(remark {number})") for number in range(100_000)], shown=SHOWN)
    began = time.process_time()
    page = only(data)
    assert time.process_time() - began < 10
    assert 1_000 < len(added(page)) <= 2_000
    assert "some are left out" in page.warning


@pytest.mark.parametrize("length", [50_000, 3_000_000])
def test_a_note_without_end_is_left_out_and_the_page_says_so(length: int) -> None:
    annotations = [note("Text", f"/Contents({'a' * length})"), note("Text", "/Contents(Is this right?)")]
    page = only(annotated(annotations, shown=SHOWN))
    assert added(page) == ["Note: Is this right?"]
    assert "some are left out" in page.warning


def test_all_notes_of_a_page_are_bounded() -> None:
    page = only(annotated([note("Text", f"/Contents({'a' * 19_000})")] * 50, shown=SHOWN))
    assert 80_000 < len(page.text) < 101_000
    assert "some are left out" in page.warning


CYCLE = annotated(
    ["/Subtype/Widget/Rect[50 100 150 120]/FT/Tx/T(a)/V(Annabel)/Parent 7 0 R/Kids[7 0 R 6 0 R]"],
    more=["<</T(b)/FT/Tx/Kids[6 0 R 6 0 R 7 0 R]/Parent 6 0 R>>"],
    form="/Fields[7 0 R 6 0 R]",
    shown=SHOWN,
)


def test_a_form_that_goes_round_in_circles_ends() -> None:
    assert only(CYCLE).text.startswith("The valve is red.")


def endless() -> bytes:
    """Return a form of 40 fields, each of which has the next one twice: a walk through it never ends."""
    fields = [f"<</T(f{at})/FT/Tx/Kids[{8 + at} 0 R {8 + at} 0 R]>>" for at in range(40)]
    widget = note("Widget", "/FT/Tx/T(name)/V(Annabel)/Parent 7 0 R")
    return annotated([widget], more=[*fields, "<</T(z)/FT/Tx>>"], form="/Fields[7 0 R]", shown=SHOWN)


async def test_a_form_without_end_costs_one_parser_and_no_page(tmp_path: Path) -> None:
    path = tmp_path / "form.pdf"
    path.write_bytes(endless())
    reader = DocumentReader(GuardSettings(children=1, viewers=1, batch_time_limit_s=2))
    try:
        with pytest.raises(ParserCrashed):
            _ = [batch async for batch in reader.read(path, FileType.PDF)]
        (page,) = [page async for batch in reader.read(path, FileType.PDF, one_by_one=True) for page in batch.pages]
    finally:
        await reader.close()
    assert page.text == "The valve is red.\r\nname: Annabel"
    assert "fields may be left out" in page.warning


async def test_places_and_links_come_out_of_the_confined_child_and_fields_are_drawn(
    reader: DocumentReader, tmp_path: Path
) -> None:
    path = tmp_path / "form.pdf"

    def draw(sheet: Canvas, number: int) -> None:
        form(sheet, number)
        sheet.linkURL("https://example.org", (72, 795, 140, 815))

    path.write_bytes(paper(draw))
    (page,) = [page async for batch in reader.read(path, FileType.PDF) for page in batch.pages]
    assert page == only(path.read_bytes())
    assert page.overlay is not None
    assert page.overlay.links == (PageLink(0, len("Application"), "https://example.org"),)
    image = Image.open(io.BytesIO(await reader.render(path, 1, 1190))).convert("L")
    (box,) = page.overlay.boxes(page.text.index("Annabel"), page.text.index("Annabel") + 1).boxes
    inside = image.crop((round(box.x0 * 2 + 4), round(box.y0 * 2 + 4), round(box.x1 * 2 - 4), round(box.y1 * 2 - 4)))
    assert sum(inside.histogram()[:100]) > 0.01 * inside.width * inside.height, "nothing is written in the field"


def test_an_overlay_of_before_there_were_notes_is_read() -> None:
    old = [600.0, 800.0, [[0, 9, 10.0, 10.0, 100.0, 20.0]]]
    assert Overlay.of_list(old) == Overlay(600, 800, (PlacedText(0, 9, Box(10, 10, 100, 20)),))


@pytest.mark.bench_data
@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("corpus_pdfjs/test/pdfs/annotation-text-widget.pdf", ["Single line, length 10: Lorem ipsu"]),
        (
            "corpus_pdfjs/test/pdfs/annotation-choice-widget.pdf",
            ["Combo box: Dolor", "List box, single selection: Sit"],
        ),
        ("corpus_pdfjs/test/pdfs/bug1883609.pdf", ["Value from 40 to 250 cm: 150", "Language 2 Check Box: yes"]),
        ("corpus_pdfjs/test/pdfs/issue14438.pdf", ["Text added: title", "Comment by const: caret"]),
        ("corpus_pdfjs/test/pdfs/stamps.pdf", ["Stamp by calix: Approved", "Stamp by calix: Completed"]),
        ("hostile_qpdf/qpdf/qtest/qpdf/form-filled-by-acrobat.pdf", ["Text Box 1: abc potato", "r1: 1"]),
    ],
)
def test_real_forms_and_notes_are_read(name: str, lines: list[str]) -> None:
    folder = os.environ.get("PINCITE_BENCH_DATA")
    if not folder:
        pytest.skip("PINCITE_BENCH_DATA is not set")
    page, *_ = pages_of(Path(folder, "files", name).read_bytes())
    assert set(lines) <= set(added(page))
