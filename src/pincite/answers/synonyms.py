"""Everyday words of English that mean the same, and those that mean the opposite. Data only, looked up by stem.

The vectors of words tell what is of one kind, and that is as true of "start" and "end" as of "start" and "begin".
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from pincite.answers.verdicts.lexicon import OPPOSITES
from pincite.core.words import stem

_SAME = """
start begin commence
end finish expire terminate
stop cease end
buy purchase
holiday vacation leave
salary wage pay
phone telephone mobile
call phone ring
car vehicle automobile
bike bicycle cycle
ill sick unwell
illness sickness
doctor physician
hire recruit employ
job position post role
boss manager supervisor
staff employees personnel workers
worker employee
firm company employer business
cost price charge fee
allowed permitted
allow permit
forbidden prohibited banned
forbid prohibit ban
help assist support
choose select pick
fix repair mend
broken faulty defective
fault defect
keep retain store
send submit post
ask request
get receive obtain
need require
must required
big large
quick fast
error mistake
return refund
cancel revoke
change modify amend alter
show display
build construct
house home
flat apartment
tenant lessee
landlord lessor
delete remove erase
make create
answer reply respond
talk speak
meeting conference
trip journey travel
travel fly
hotel accommodation
meal food
invoice bill
pay reimburse
reimburse refund
client customer
seller vendor
supplier vendor
contract agreement
law statute
kid child
parent mother father
death bereavement
die deceased
pregnant maternity
dad paternity father
pet dog cat animal
rubbish waste garbage
fire blaze
accident incident
injury hurt injured
theft stolen
lost missing
speed velocity
weight heavy
height tall
length long
depth deep
width wide
maximum limit
minimum least
deadline due
late overdue
early advance
yearly annual
country nation
town city
picture image photo
film movie
password passphrase
login sign-in
computer laptop
screen display monitor
internet web online
mail e-mail email
write compose
author writer
study research
method approach
result outcome finding
increase rise grow
decrease fall decline drop
profit earnings
revenue sales turnover
staffing personnel
own possess
happen occur
explain describe
use utilise utilize
safe secure
danger hazard risk
"""


@lru_cache(maxsize=1)
def synonyms() -> dict[str, frozenset[str]]:
    """Return, by stem, the stems of words that mean the same."""
    return _related(line.split() for line in _SAME.strip().split("\n"))


@lru_cache(maxsize=1)
def opposites() -> dict[str, frozenset[str]]:
    """Return, by stem, the stems of words that mean the opposite."""
    return _related((word, other) for word, others in OPPOSITES.items() for other in others)


def _related(groups: Iterable[Sequence[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        stems = frozenset(map(stem, group))
        for each in stems:
            found[each] = found.get(each, frozenset()) | stems - {each}
    return found
