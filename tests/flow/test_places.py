"""Every door says where a pin or a passage is as people call it: cells, rows, slides, sections, printed pages."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from tests.contract.format_samples import slides
from tests.flow.conftest import settled, upload

from pincite.answers.shapes import answer_from, answer_to
from pincite.app.cli.ask import print_answer

HTML = """<html><head><title>Museum</title></head><body><h1>Museum</h1><p>The museum stands on the northern cape and
shows lamps, lenses and foghorns of two centuries.</p><h2>Opening hours</h2><p>The lighthouse museum opens at ten in the
morning and is closed on Mondays.</p></body></html>"""


def fares() -> bytes:
    """A workbook with two tables on a sheet, a gap between them."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Fares"
    rows = [
        ("Route", "Adult fare", "Child fare"),
        *((f"Line {n}", f"{n * 7} kroner", f"{n * 3} kroner") for n in range(1, 60)),
    ]
    for row, cells in enumerate(rows, start=3):
        for column, cell in enumerate(cells, start=2):
            sheet.cell(row, column, cell)
    for row, cells in enumerate(
        (("Harbour", "Berth fee"), ("Ystad", "410 euros"), ("Trelleborg", "520 euros")), start=70
    ):
        for column, cell in enumerate(cells, start=4):
            sheet.cell(row, column, cell)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def manual() -> bytes:
    """A PDF whose first pages are printed in Roman numbers."""
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=A4)
    for line in (
        "Preface to the manual.",
        "The author keeps forty hives of bees near Lund.",
        "Swarms are caught in June.",
    ):
        canvas.drawString(72, 740, line)
        canvas.showPage()
    canvas.addPageLabel(0, "ROMAN_LOWER", 1)
    canvas.addPageLabel(2, "ARABIC", 1)
    canvas.save()
    return data.getvalue()


@pytest.fixture
async def asked(client: httpx2.AsyncClient, tmp_path: Path) -> httpx2.AsyncClient:
    slides(tmp_path / "a.pptx")
    stock = "Item;Shelf;Amount\n" + "".join(f"Bolt {n:04d};Shelf {n % 40};{n * 11} pieces\n" for n in range(1, 600))
    files = {
        "fares.xlsx": fares(),
        "travel.pptx": (tmp_path / "a.pptx").read_bytes(),
        "museum.html": HTML.encode(),
        "bees.pdf": manual(),
        "stock.csv": stock.encode(),
    }
    for name, content in files.items():
        await settled(client, (await upload(client, name, content)).json()["items"][0]["id"])
    return client


async def test_pins_passages_and_hits_say_where_they_are(asked: httpx2.AsyncClient, capsys: Any) -> None:
    wanted = {
        "What is the child fare on Line 41?": ("fares.xlsx", "Sheet 'Fares', B44:D44"),
        "What is the berth fee in Trelleborg?": ("fares.xlsx", "Sheet 'Fares', D72:E72"),
        "When does the lighthouse museum open?": ("museum.html", "Opening hours"),
        "How many hives does the author keep?": ("bees.pdf", "page 2 (printed ii)"),
        "How many pieces of Bolt 0417 are there?": ("stock.csv", "row 418"),
    }
    for question, where in wanted.items():
        answer = (await asked.post("/v1/answers", json={"question": question})).json()
        span = answer["pins"][0]["spans"][0]
        assert (span["source"], span["place"]) == where
        shown = (
            await asked.get(f"/v1/passages/{span['revision']}/{span['page']}?start={span['start']}&end={span['end']}")
        ).json()
        assert (shown["place"], shown["quote"]) == (span["place"], span["quote"])
        events = (await asked.get(f"/v1/answers/{answer['id']}/events")).text
        found = next(
            data for line in events.splitlines() if (data := line.removeprefix("data: ")).startswith('{"passages')
        )
        assert all(passage["place"] for passage in json.loads(found)["passages"])
        print_answer(answer)
        assert f"[1] {where[0]}, {where[1]}" in " ".join(capsys.readouterr().out.split())

    for query, place in (("hotels paid euros night", "Slides 1–2"), ("hives and swarms", "pages 1–3 (printed i–1)")):
        hits = (await asked.get("/v1/search", params={"q": query})).json()["hits"]
        assert hits[0]["place"] == place


async def test_a_page_within_an_archive_is_found_by_its_number(client: httpx2.AsyncClient) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("papers/bees.pdf", manual())
    await settled(client, (await upload(client, "papers.zip", data.getvalue())).json()["items"][0]["id"])
    for question, place in (
        ("How many hives does the author keep?", "papers/bees.pdf, page 2 (printed ii)"),
        ("When are swarms caught?", "papers/bees.pdf, page 3 (printed 1)"),
    ):
        answer = (await client.post("/v1/answers", json={"question": question})).json()
        assert answer["pins"][0]["spans"][0]["place"] == place


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lamps.html", "<h1>Lamps</h1><ul><li>Skagen reaches 20 nautical miles<li>Hirtshals reaches 25 miles</ul>"),
        ("lamps.md", "# Lamps\n\n- Skagen reaches 20 nautical miles\n- Hirtshals reaches 25 miles\n"),
    ],
)
async def test_an_item_of_a_list_is_quoted_alone(client: httpx2.AsyncClient, name: str, content: str) -> None:
    await settled(client, (await upload(client, name, content.encode())).json()["items"][0]["id"])
    answer = (await client.post("/v1/answers", json={"question": "How far does Skagen reach?"})).json()
    assert [span["quote"] for pin in answer["pins"] for span in pin["spans"]] == ["Skagen reaches 20 nautical miles"]


async def test_an_answer_of_an_earlier_version_has_its_page(asked: httpx2.AsyncClient, capsys: Any) -> None:
    answer = (await asked.post("/v1/answers", json={"question": "When does the lighthouse museum open?"})).json()
    for span in answer["pins"][0]["spans"]:
        del span["place"]
    read = answer_to(answer_from({**answer, "older": []}))
    assert read["pins"][0]["spans"][0]["place"] == ""
    print_answer(read)
    assert "museum.html, page 2" in capsys.readouterr().out
