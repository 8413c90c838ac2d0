"""Looks for personal data in pages that were just read: counts it, or refuses the document. Never keeps a value.

What counts as personal data is said in `privacy`; what happens with it, by the collection's policy.
"""

from collections import Counter
from collections.abc import Sequence

from pincite.guard import PageText
from pincite.ingest.domain import PersonalDataRefused
from pincite.library import Page
from pincite.privacy import Policy, counted, find

_WORDS = {
    "card": "a card number",
    "iban": "an IBAN",
    "id": "a national id",
    "ssn": "a social security number",
    "tel": "a telephone number",
    "mail": "an e-mail address",
    "ip": "an IP address",
    "licence": "a driving licence",
    "passport": "a passport number",
    "born": "a date of birth",
    "key": "a key or password",
}


def looked_for(pages: Sequence[PageText | Page], policy: Policy) -> Counter[str]:
    """Return how many findings of each kind pages have. CPU work.

    Raises: PersonalDataRefused, for the first page with any, where the policy is to refuse them.
    """
    counts: Counter[str] = Counter()
    for page in pages:
        found = find(page.text)
        kinds = sorted({each.kind.value for each in found if each.kind.covered})
        if kinds and policy is Policy.REFUSE:
            raise PersonalDataRefused(
                f"There is personal data on page {page.number}: {', '.join(_WORDS[kind] for kind in kinds)}.",
                page=page.number,
            )
        counts.update(counted(found))
    return counts
