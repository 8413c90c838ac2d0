"""Answers without a model over HTTP: quoted from the documents, part by part, each sentence pinned."""

from typing import Any

import httpx2
from reportlab.pdfgen.canvas import Canvas
from tests.flow.conftest import add
from tests.unit.guard.papers import paper

HANDBOOK = b"""# Handbook

## Passwords

Passwords must have at least 14 characters and must not be reused.

## Summer party

The summer party takes place on 4 July in Bristol.

## How long is the warranty on laptops?

24 months.
"""


async def _asked(client: httpx2.AsyncClient, question: str) -> dict[str, Any]:
    body = {"question": question, "stream": False}
    answer = (await client.post("/v1/answers", json=body, timeout=60)).json()
    for pin in answer["pins"]:
        start, end = pin["claim"]
        assert answer["answer"][start:end] == " ".join(" ".join(each["quote"] for each in pin["spans"]).split())
    return answer


async def test_each_part_of_a_question_is_answered_and_what_is_not_said_is_named(client: httpx2.AsyncClient) -> None:
    await add(client, "handbook.md", HANDBOOK)
    both = await _asked(client, "How long must passwords be and when is the summer party?")
    assert "14 characters" in both["answer"]
    assert "4 July" in both["answer"]
    one = await _asked(client, "How long must passwords be and who repairs the organ of the cathedral?")
    assert not one["abstained"]
    assert len(one["pins"]) == 1
    assert one["answer"].endswith("The documents do not say: who repairs the organ of the cathedral?")
    none = await _asked(client, "Who repairs the organ of the cathedral and what is the capital of France?")
    assert none["abstained"]
    assert none["answer"] == "The documents do not say."


async def test_a_part_that_documents_answer_differently_says_so(client: httpx2.AsyncClient) -> None:
    await add(client, "handbook.md", HANDBOOK)
    await add(client, "leave.md", b"# Leave\n\nUp to 5 days may be carried into the next year.\n")
    await add(client, "memo.md", b"# Leave\n\nUp to 8 days may be carried into the next year.\n")
    alone = await _asked(client, "How many days may be carried into the next year?")
    assert "The documents disagree; another says: " in alone["answer"]
    both = await _asked(client, "How long must passwords be and how many days may be carried into the next year?")
    assert "14 characters" in both["answer"]
    assert both["answer"].count("The documents disagree; another says: ") == 1
    assert {"5 days" in both["answer"], "8 days" in both["answer"]} == {True}


BACKUPS = b"""# Backups

Make a backup every evening.

1. Log in to the backup server.
2. Start the job. If it turns red, call Julia.
3. Write the result into the log book.

Tapes are kept for 90 days.

# Tapes

Old tapes go into the safe.
"""


async def test_how_something_is_done_is_told_step_by_step(client: httpx2.AsyncClient) -> None:
    await add(client, "backups.md", BACKUPS)
    steps = "1. Log in to the backup server.\n2. Start the job. If it turns red, call Julia.\n3. Write the result into"
    told = await _asked(client, "How do I make a backup?")
    assert steps in told["answer"]
    assert len(told["pins"]) >= 4
    assert "1. Log" not in (await _asked(client, "How long are tapes kept?"))["answer"]


async def test_a_short_answer_below_its_own_heading_is_quoted(client: httpx2.AsyncClient) -> None:
    await add(client, "handbook.md", HANDBOOK)
    assert (await _asked(client, "How long is the warranty on laptops?"))["answer"] == "24 months."


async def test_a_sentence_over_the_end_of_a_page_is_quoted_whole_and_pinned_on_both(client: httpx2.AsyncClient) -> None:
    texts = (
        ("Boats of guests are welcome.", "They moor in the outer basin, beside the crane, and pay when they come."),
        ("Boats stay for a week at most.", "The mooring fee for a boat of a guest that stays in the outer basin is"),
        ("twenty crowns for each metre of its length.", "It is paid at the office, which is open all day."),
        ("The crane lifts five tonnes.", "Nobody stands below it while it lifts."),
    )

    others = (
        "Fires are lit on the beach alone.",
        "Dogs are led.",
        "Nets are dried behind the sheds.",
        "Bells are rung.",
    )

    def draw(sheet: Canvas, number: int) -> None:
        sheet.drawString(72, 800, "Harbour of Lund, rules for guests")
        for line, text in enumerate((*others, *texts[number - 1]) if number < 3 else (*texts[number - 1], *others)):
            sheet.drawString(72, 700 - 14 * line, text)
        sheet.drawString(72, 40, f"Harbour office, edition of May, {number}")

    await add(client, "rules.pdf", paper(draw, 4))
    answer = await _asked(client, "What is the mooring fee for a boat of a guest?")
    assert answer["answer"].startswith(
        "The mooring fee for a boat of a guest that stays in the outer basin is twenty crowns "
        "for each metre of its length."
    )
    assert [each["page"] for each in answer["pins"][0]["spans"]] == [2, 3]


async def test_a_misspelt_word_is_read_as_what_the_documents_call_it_and_the_answer_says_so(
    client: httpx2.AsyncClient,
) -> None:
    await add(client, "handbook.md", HANDBOOK)
    answer = await _asked(client, "How long must paswords be?")
    assert answer["answer"].startswith("Reading “paswords” as “passwords”: Passwords must have at least 14 characters")
    assert len(answer["pins"]) == 1
    wrong = await _asked(client, "When is the sumer party?")
    assert wrong["answer"].startswith("Reading “sumer” as “summer”: The summer party takes place on 4 July")
    unsaid = await _asked(client, "How long must a saddel be?")
    assert unsaid["abstained"]
    assert unsaid["answer"] == "The documents do not say."
