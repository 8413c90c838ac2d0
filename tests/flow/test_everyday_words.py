"""Questions in other words than the document's: what means the same answers, and what means the opposite does not."""

import httpx2
import pytest
from tests.flow.conftest import add

LEASE = b"""# Lease

## Term

The tenancy begins on 1 April 2026 and runs for eighteen months.

## Rent

The rent is 1,240 pounds a month, payable in advance on the first day of each month.
If the rent is more than seven days late, interest of 4 % a year is due.

## Ending the tenancy

The tenants may end the tenancy with two months' notice at any time after the first six months.
"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When does the tenancy start?", "The tenancy begins on 1 April 2026 and runs for eighteen months."),
        (
            "What is the interest on late rent?",
            "If the rent is more than seven days late, interest of 4 % a year is due.",
        ),
    ],
)
async def test_the_sentence_that_means_what_is_asked_is_quoted(
    client: httpx2.AsyncClient, question: str, answer: str
) -> None:
    await add(client, "lease.md", LEASE)
    told = (await client.post("/v1/answers", json={"question": question}, timeout=60)).json()
    assert told["answer"].startswith(answer)
