"""Answers that a table gives are tables: each row pinned, with what its columns are called."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.flow.conftest import add

LEAVE = b"""# Parental leave

Ask Fiona Macrae before week twenty.

| Kind of leave | Length | At full pay |
| --- | --- | --- |
| Main carer | 52 weeks | 24 weeks |
| Second parent | 16 weeks | 8 weeks |
| Foster carer | 12 weeks | 6 weeks |

# Owner

| Document | PPL-05 |
| --- | --- |
| Owner | Aoife Brannigan |
"""


async def ask(client: httpx2.AsyncClient, question: str) -> dict[str, Any]:
    answer = (await client.post("/v1/answers", json={"question": question}, timeout=60)).json()
    assert not answer["abstained"], answer
    for pin in answer["pins"]:
        for span in pin["spans"]:
            page = (await client.get(f"/v1/passages/{span['revision']}/{span['page']}")).json()["text"]
            assert page[span["start"] : span["end"]] == span["quote"]
    return answer


@pytest.fixture
async def asked(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    await add(client, "parental-leave.md", LEAVE)
    return client


async def test_a_row_stands_below_the_names_of_its_columns(asked: httpx2.AsyncClient) -> None:
    answer = await ask(asked, "How long is the parental leave of a second parent?")
    first, *rest = answer["pins"]
    assert answer["answer"].startswith(
        "| Kind of leave | Length | At full pay |\n| --- | --- | --- |\n| Second parent | 16 weeks | 8 weeks |"
    )
    assert answer["answer"][slice(*first["claim"])] == "Second parent | 16 weeks | 8 weeks"
    assert [span["quote"] for span in first["spans"]] == [
        "Second parent | 16 weeks | 8 weeks",
        "Kind of leave | Length | At full pay",
    ]
    assert answer["answer"].count("Kind of leave") == 1, "once for all rows"
    for pin in rest:
        assert answer["answer"][slice(*pin["claim"])].count(" | ") == 2


async def test_two_facts_below_each_other_are_no_head_and_row(asked: httpx2.AsyncClient) -> None:
    answer = await ask(asked, "Who is the owner of the document on parental leave?")
    assert "Owner | Aoife Brannigan" in answer["answer"]
    assert "---" not in answer["answer"]


async def test_a_sentence_behind_a_table_is_a_paragraph_of_its_own(asked: httpx2.AsyncClient) -> None:
    answer = await ask(asked, "How long is the leave of a foster carer, and whom do I ask before week twenty?")
    parts = answer["answer"].split("\n\n")
    assert sorted(part.startswith("| Kind of leave") for part in parts) == [False, True]
    assert any("Ask Fiona Macrae before week twenty." in part for part in parts)


async def test_what_is_not_said_stands_behind_a_table(asked: httpx2.AsyncClient) -> None:
    answer = await ask(asked, "How long is the leave of a foster carer? What is the capital of Mongolia?")
    assert answer["answer"].endswith(" |\n\nThe documents do not say: What is the capital of Mongolia?")


EXAMPLES = Path(__file__).parents[2] / "examples" / "handbook" / "files"


async def test_of_slides_the_section_asked_for_answers_and_neither_margins_nor_scraps(
    client: httpx2.AsyncClient,
) -> None:
    for name in ("benefits-2026.pptx", "new-starter-induction.pptx"):
        await add(client, name, (EXAMPLES / name).read_bytes())
    pension = await ask(client, "Is there a pension?")
    assert pension["answer"].startswith("| You pay | Harrowtide pays | Open to |")
    week = await ask(client, "What happens in the first week for new starters?")
    for answer in (pension, week):
        assert "·" not in answer["answer"]
        assert "Use them." not in answer["answer"]


ACCOUNTS = b"""# Accounts

Changes in foreign currency impacted net sales by 13 million and 26 million in 2018 and 2019.

| In millions | 2017 | 2018 | 2019 |
| --- | --- | --- | --- |
| International | | | |
| Net sales | 54 | 65 | 74 |
| Operating income (loss) | 3 | 2 | 1 |
| Consolidated | | | |
| Net sales | 177 | 232 | 280 |
| Operating income | 4 | 12 | 14 |
| Tax | 1 | 2 | 3 |
"""


async def test_a_row_that_is_called_what_is_asked_for_answers_and_says_of_whom(client: httpx2.AsyncClient) -> None:
    await add(client, "accounts.md", ACCOUNTS)
    head = "| In millions | 2017 | 2018 | 2019 |\n| --- | --- | --- | --- |\n"
    sales = await ask(client, "What were the consolidated net sales in 2019?")
    assert sales["answer"].startswith(f"{head}| Consolidated | | | |\n| Net sales | 177 | 232 | 280 |")
    spans = [span["quote"] for span in sales["pins"][0]["spans"]]
    assert [each.split(" | ")[0] for each in spans] == ["Net sales", "In millions", "Consolidated"]
    income = await ask(client, "What was the international operating income in 2018?")
    assert income["answer"].startswith(f"{head}| International | | | |\n| Operating income (loss) | 3 | 2 | 1 |")
    tax = await ask(client, "How much tax was there in 2019?")
    assert tax["answer"].startswith(f"{head}| Tax | 1 | 2 | 3 |"), "no other row is called so"


async def test_all_rows_of_one_name_are_told_in_their_order(client: httpx2.AsyncClient) -> None:
    things = [("Widget A", "Widget B", "Widget C")[n % 3] for n in range(15)]
    rows = [f"| {thing} | {n + 1} May | {100 + n} |" for n, thing in enumerate(things)]
    table = "\n".join(("| Product | Day | Revenue in euros |", "| --- | --- | --- |", *rows))
    await add(client, "sales.md", f"# Sales\n\n{table}\n".encode())
    answer = await ask(client, "What revenue did Widget B bring?")
    assert answer["answer"].split("\n")[2:] == [each for each in rows if "Widget B" in each]
    one = await ask(client, "What was the revenue of Widget B on 8 May?")
    assert "| Widget B | 8 May | 107 |" in one["answer"]
    assert "Widget A" not in one["answer"]


MEALS = b"""# Meals

Keep the receipts, and claim within 30 days.

| Country | Breakfast | Lunch |
| --- | --- | --- |
| United Kingdom | 11 pounds | 14 pounds |
| Norway, where nearly everything costs a good deal more | 190 crowns | 240 crowns |
| Any other country | 12 pounds | 16 pounds |

# Annual leave

Give twice as much notice of leave as the leave you want: two weeks off need four weeks' notice.

| Service | United Kingdom | Portugal |
| --- | --- | --- |
| Less than 3 years | 26 days | 25 days |
| 3 years and more | 28 days | 27 days |
"""


async def test_where_the_question_picks_no_row_the_whole_table_is_told(client: httpx2.AsyncClient) -> None:
    await add(client, "meals.md", MEALS)
    lunch = await ask(client, "How much can I spend on lunch?")
    rows = MEALS.decode().split("\n")[4:9]
    assert lunch["answer"].split("\n") == rows
    one = await ask(client, "How much can I spend on lunch in Norway?")
    assert "Any other" not in one["answer"]


async def test_the_table_of_a_section_that_is_called_what_is_asked_for_answers_before_its_sentences(
    client: httpx2.AsyncClient,
) -> None:
    await add(client, "meals.md", MEALS)
    leave = await ask(client, "How much annual leave do I get?")
    assert leave["answer"].split("\n") == MEALS.decode().strip().split("\n")[-4:]


async def test_what_says_no_word_of_the_question_does_not_answer_it(client: httpx2.AsyncClient) -> None:
    await add(
        client, "sabbatical.md", b"# Sabbatical\n\nThe first four weeks are on half pay and the rest are unpaid.\n"
    )
    answer = (await client.post("/v1/answers", json={"question": "When is payday?"}, timeout=60)).json()
    assert answer["abstained"]
