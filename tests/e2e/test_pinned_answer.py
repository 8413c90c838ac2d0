"""The journey that Pincite exists for: upload a PDF, ask, click the first pin, see the right words light up."""

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from playwright.sync_api import Page, expect
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from tests.e2e.conftest import Server
from tests.e2e.journey import sign_in, upload

pytestmark = pytest.mark.xdist_group("e2e-pinned-answer")
FACT = "Night-shift technicians receive a supplement of 42 kroner an hour."
QUESTION = "What supplement do night-shift technicians receive?"


@pytest.fixture
def shift_rules(tmp_path: Path) -> Path:
    """A PDF of three pages with the fact in the middle of the second."""
    path = tmp_path / "shift-rules.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    fillers = (
        ["Shift rules of the Hvidovre depot.", "Day shifts begin at seven and end at three in the afternoon."],
        ["Supplements are paid with the wages of the month.", FACT, "Weekend drivers receive one free day a month."],
        ["Swaps between colleagues are agreed with the foreman two days ahead."],
    )
    for lines in fillers:
        for number, line in enumerate(lines):
            canvas.drawString(72, 740 - 60 * number, line)
        canvas.showPage()
    canvas.addPageLabel(0, "ROMAN_LOWER", 1)
    canvas.save()
    return path


def _words_box(path: Path, page_number: int, words: str) -> tuple[float, float, float, float]:
    """Where the words are on the page as fractions of it (left, top, right, bottom), read by pdfium itself."""
    document = pdfium.PdfDocument(path)
    pdf_page = document[page_number - 1]
    width, height = pdf_page.get_size()
    text_page = pdf_page.get_textpage()
    start = text_page.get_text_range().index(words)
    rects = [text_page.get_rect(i) for i in range(text_page.count_rects(start, len(words)))]
    left, right = min(r[0] for r in rects), max(r[2] for r in rects)
    bottom, top = min(r[1] for r in rects), max(r[3] for r in rects)
    document.close()
    return left / width, 1 - top / height, right / width, 1 - bottom / height


@pytest.mark.browser
def test_a_pin_lights_up_the_right_words(page: Page, shared_server: Server, shift_rules: Path, artifacts: Path) -> None:
    sign_in(page, shared_server)
    upload(page, shared_server, shift_rules)
    page.screenshot(path=str(artifacts / "library.png"))
    page.goto(shared_server.url)
    page.get_by_test_id("ask-input").fill(QUESTION)
    page.get_by_test_id("ask-send").click()
    answer = page.get_by_test_id("answer").last
    expect(answer).to_have_attribute("data-state", "completed")
    expect(answer).to_contain_text("42 kroner")

    pin = page.get_by_test_id("pin").first
    expect(pin).to_have_attribute("aria-label", "Source 1: shift-rules.pdf, page 2 (printed ii), supported")
    pin.hover()
    expect(page.get_by_test_id("pin-card")).to_contain_text("page 2 (printed ii)")
    pin.click()
    expect(page.get_by_test_id("viewer-place")).to_have_text("page 2 (printed ii)")
    highlight = page.get_by_test_id("highlight").first
    expect(highlight).to_be_visible()
    page.wait_for_timeout(500)
    page.screenshot(path=str(artifacts / "pinned-answer.png"))

    shown = page.get_by_test_id("viewer-page").first.bounding_box()
    boxes = [item.bounding_box() for item in page.get_by_test_id("highlight").all()]
    assert shown is not None
    left = min(box["x"] for box in boxes if box)
    top = min(box["y"] for box in boxes if box)
    right = max(box["x"] + box["width"] for box in boxes if box)
    bottom = max(box["y"] + box["height"] for box in boxes if box)
    seen = (
        (left - shown["x"]) / shown["width"],
        (top - shown["y"]) / shown["height"],
        (right - shown["x"]) / shown["width"],
        (bottom - shown["y"]) / shown["height"],
    )
    expected = _words_box(shift_rules, 2, FACT)
    assert all(abs(a - b) < 0.012 for a, b in zip(seen, expected, strict=True)), (seen, expected)


@pytest.mark.browser
def test_an_answer_says_that_the_documents_do_not_say(page: Page, shared_server: Server, shift_rules: Path) -> None:
    sign_in(page, shared_server)
    upload(page, shared_server, shift_rules)
    page.goto(shared_server.url)
    page.get_by_test_id("ask-input").fill("Which dentist does the canteen's accountant recommend?")
    page.get_by_test_id("ask-send").click()
    answer = page.get_by_test_id("answer").last
    expect(answer).to_have_attribute("data-state", "completed")
    expect(answer).to_contain_text("do not say")
    expect(answer.get_by_test_id("pin")).to_have_count(0)


@pytest.mark.browser
def test_a_refused_upload_says_why(shared_server: Server, page: Page, tmp_path: Path) -> None:
    disguised = tmp_path / "picture.pdf"
    disguised.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 200)
    sign_in(page, shared_server)
    page.goto(f"{shared_server.url}/library")
    page.get_by_test_id("upload-input").first.set_input_files(str(disguised))
    expect(page.get_by_text("picture.pdf").first).to_be_visible()
    expect(page.get_by_text("PNG").first).to_be_visible()
    expect(page.get_by_text("Pincite reads PDF, DOCX")).to_have_count(1)
    expect(page.get_by_role("region", name="Uploads").get_by_role("status")).to_have_text("0 of 1 sent · 1 not taken")
