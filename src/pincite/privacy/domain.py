"""Values of privacy: what kinds of personal data there are, what was found, what is to happen with it.

How each kind is found is in the files named after how it looks: `numbers.py`, `names.py`, `secrets.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a finding is; the values are what people read in counts and in covers."""

    CARD = "card"
    IBAN = "iban"
    NATIONAL_ID = "id"
    SSN = "ssn"
    PHONE = "tel"
    EMAIL = "mail"
    IP = "ip"
    URL = "url"
    LICENCE = "licence"
    PASSPORT = "passport"
    BORN = "born"
    KEY = "key"

    @property
    def covered(self) -> bool:
        """Whether it is covered and refused; the address of a web page is counted alone: it says nothing of a person.

        What is personal in one (an e-mail address, a key) is found for itself.
        """
        return self is not Kind.URL


@dataclass(frozen=True, slots=True)
class Finding:
    """Characters [start, end) of a text are of a kind. `score` in 0..1 says how sure that is."""

    kind: Kind
    start: int
    end: int
    score: float


class Policy(StrEnum):
    """What happens with personal data in a collection; each does what those before it do, and more.

    Args:
        OFF: nothing is looked for.
        FLAG: what is found while reading is counted by kind.
        MASK_ANSWERS: it is covered in what is found, and so in all that answers are made of.
        MASK_MODEL: and in what is sent to models while documents are read.
        REFUSE: and documents that hold any fail.
    """

    OFF = "off"
    FLAG = "flag"
    MASK_ANSWERS = "mask-answers"
    MASK_MODEL = "mask-model"
    REFUSE = "refuse"

    @property
    def flags(self) -> bool:
        """Whether findings are counted while documents are read."""
        return self is not Policy.OFF

    @property
    def masks_answers(self) -> bool:
        """Whether whoever searches or asks gets text with the findings covered."""
        return self in {Policy.MASK_ANSWERS, Policy.MASK_MODEL, Policy.REFUSE}

    @property
    def masks_model(self) -> bool:
        """Whether no model gets a finding to see."""
        return self in {Policy.MASK_MODEL, Policy.REFUSE}
