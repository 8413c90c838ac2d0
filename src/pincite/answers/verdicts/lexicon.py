"""Small closed lists of English that verdicts know: months, units, number words, negators, opposites. Data only.

Everything that is learned lies in `weights.json` and `rarity.json`.
"""

from functools import lru_cache
from itertools import combinations

from pincite.answers.verdicts.elsewhere import (
    MONTHS_ELSEWHERE,
    NEGATORS_ELSEWHERE,
    NUMBERS_ELSEWHERE,
    OPPOSED_ELSEWHERE,
    UNITS_ELSEWHERE,
)

SHORT_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
MONTHS = {
    **dict(zip(_LONG_MONTHS, SHORT_MONTHS, strict=True)),
    **{month: month for month in SHORT_MONTHS},
    "sept": "sep",
    **MONTHS_ELSEWHERE,
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = {**{day: day[:3] for day in _DAYS}, **{f"{day}s": day[:3] for day in _DAYS}}

_ONES = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen")
_TEENS = ("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty")
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS = {
    **NUMBERS_ELSEWHERE,
    **{word: str(number) for number, word in enumerate((*_ONES, *_TEENS), 2)},
    **{word: str(10 * number) for number, word in enumerate(_TENS, 3)},
}
SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "bn": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}

CURRENCY = {"%": "percent", "€": "euro", "$": "dollar", "£": "pound", "¥": "yen", "₹": "rupee"}
# Those of the Nordic countries go by one name, and the singular is also a king's; codes such as NOK are names anyway.
_UNIT_WORDS = {
    "percent": "percent percentage",
    "euro": "euro euros eur",
    "dollar": "dollar dollars usd",
    "pound": "pound pounds gbp",
    "yen": "yen jpy",
    "rupee": "rupee rupees inr",
    "franc": "franc francs chf",
    "krone": "krone kroner krona kronor kr crowns",
    "yuan": "yuan renminbi rmb cny",
    "rouble": "rouble roubles ruble rubles",
    "zloty": "zloty zlotys pln",
    "peso": "peso pesos",
    "cent": "cent cents",
    "penny": "penny pence",
    "second": "seconds sec secs",
    "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs",
    "day": "day days",
    "week": "week weeks",
    "fortnight": "fortnight fortnights",
    "month": "month months",
    "quarter": "quarter quarters",
    "year": "year years",
    "millimetre": "mm millimetre millimetres millimeter millimeters",
    "centimetre": "cm centimetre centimetres centimeter centimeters",
    "metre": "m metre metres meter meters",
    "kilometre": "km kilometre kilometres kilometer kilometers",
    "inch": "inch inches",
    "foot": "foot feet ft",
    "mile": "mile miles",
    "knot": "knot knots",
    "acre": "acre acres",
    "hectare": "ha hectare hectares",
    "milligram": "mg milligram milligrams",
    "microgram": "µg μg mcg microgram micrograms",
    "gram": "g gram grams",
    "kilogram": "kg kilogram kilograms",
    "tonne": "tonne tonnes ton tons",
    "ounce": "oz ounce ounces",
    "litre": "l litre litres liter liters",
    "millilitre": "ml millilitre millilitres milliliter milliliters",
    "kilobyte": "kb kilobyte kilobytes",
    "megabyte": "mb megabyte megabytes",
    "gigabyte": "gb gigabyte gigabytes",
    "terabyte": "tb terabyte terabytes",
    "watt": "w watt watts",
    "kilowatt": "kw kilowatt kilowatts",
    "megawatt": "mw megawatt megawatts",
    "gigawatt": "gw gigawatt gigawatts",
    "kilowatt-hour": "kwh",
    "megawatt-hour": "mwh",
    "gigawatt-hour": "gwh",
    "hertz": "hz hertz",
    "kilohertz": "khz kilohertz",
    "megahertz": "mhz megahertz",
    "gigahertz": "ghz gigahertz",
    "gallon": "gallon gallons",
    "barrel": "barrel barrels",
    "calorie": "calorie calories kcal",
    "joule": "joule joules",
    "ampere": "ampere amperes amp amps",
    "volt": "v volt volts",
    "celsius": "celsius",
    "fahrenheit": "fahrenheit",
    "degree": "degree degrees",
}
UNITS = UNITS_ELSEWHERE | {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}

# Those of other languages beside the English: a text's own is not always known.
NEGATORS = NEGATORS_ELSEWHERE | {
    *("no", "not", "never", "none", "nobody", "nothing", "without", "neither", "nor", "cannot"),
}
# Whoever they are, they have no name.
NAMELESS = frozenset(
    """
    somebody someone something anybody anyone anything everybody everyone everything nobody nothing whoever whatever
    whichever wherever
    """.split()  # noqa: SIM905
)
DENIALS = frozenset(
    """
    fail fails failed lack lacks lacked unable refuse refused deny denied prohibit prohibited forbidden forbid ban
    banned decline declined declines reject rejected exclude excluded except unless hardly barely rarely impossible
    illegal invalid absent missing stop stopped prevent prevented avoid avoids avoided avoiding little few unclear
    unknown unavailable
    """.split()  # noqa: SIM905
)
_ROSE = "rose increased grew climbed gained"
_FELL = "fell decreased declined dropped shrank lost"
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "last")
_OPPOSED = (
    "increase decrease",
    "increased decreased",
    "increases decreases",
    "rise fall",
    "rose fell",
    "before after",
    "above below",
    "more less",
    "more fewer",
    "minimum maximum",
    "least most",
    "first last",
    "allowed prohibited",
    "allowed forbidden",
    "permitted prohibited",
    "open closed",
    "opens closes",
    "include exclude",
    "includes excludes",
    "included excluded",
    "always never",
    "mandatory optional",
    "required optional",
    "internal external",
    "buy sell",
    "bought sold",
    "win lose",
    "won lost",
    "north south",
    "east west",
    "northern southern",
    "eastern western",
    "up down",
    "higher lower",
    "highest lowest",
    "earlier later",
    "approve reject",
    "approved rejected",
    "accept reject",
    "start end",
    "starts ends",
    "begin end",
    "morning afternoon",
    "morning evening",
    "daily weekly",
    "daily monthly",
    "weekly monthly",
    "monthly annually",
    "monthly yearly",
    "quarterly monthly",
    "quarterly annually",
    "male female",
    "men women",
    "husband wife",
    "son daughter",
    "brother sister",
    "father mother",
    "full part",
    "paid unpaid",
    "same different",
    "same lower",
    "same higher",
    "same larger",
    "same smaller",
    "old new",
    "large small",
    "long short",
    "public private",
    "positive negative",
    "before since",
    "inside outside",
    "with without",
    "if unless",
    "over under",
    "best worst",
    "early late",
    "profit loss",
    "profits losses",
    "gain loss",
    "gains losses",
    "surplus deficit",
    "assets liabilities",
    "debit credit",
    "buyer seller",
    "lender borrower",
    "landlord tenant",
    "landlords tenants",
    "lessor lessee",
    "employer employee",
    "employers employees",
    "plaintiff defendant",
    "imports exports",
    "imported exported",
    "including except",
    "including excluding",
    "for against",
    "all some",
    "every some",
    "must may",
    "must can",
    "shall may",
    "doubled halved",
    "doubled tripled",
    "halved tripled",
    "half third",
    *(f"{up} {down}" for up in _ROSE.split() for down in _FELL.split()),
    *(" ".join(pair) for pair in combinations(ORDINALS[:-1], 2)),
    *OPPOSED_ELSEWHERE,
)
OPPOSITES: dict[str, frozenset[str]] = {
    word: frozenset(other for pair in _OPPOSED if word in pair.split() for other in pair.split() if other != word)
    for word in {word for pair in _OPPOSED for word in pair.split()}
}

# What a person or thing may do, should do and must do, from the weakest.
_MODALS = ("may can could might", "should ought", "must shall")
MODALS = {word: strength for strength, words in enumerate(_MODALS) for word in words.split()}
DOUBTFUL_MODALS = frozenset({"may", "might"})
UNIVERSALS = frozenset(["all", "every", "each", "always", "everyone", "everybody", "entire", "entirely"])
PARTIALS = frozenset(
    """
    some most many several few part usually often sometimes typically generally mostly mainly largely partly
    occasionally rarely nearly almost substantially
    """.split()  # noqa: SIM905
)
HEDGES = frozenset(
    """
    thought believed alleged allegedly reportedly rumoured suspected assumed presumed supposedly possibly probably
    perhaps likely apparently presumably
    """.split()  # noqa: SIM905
)
EXCEPTIONS = frozenset(["unless", "except", "excepting", "excluding"])
CONDITIONS = frozenset(
    """
    unless except excepting excepted excluding only if when where without but other apart provided otherwise
    until till although though however usually normally generally subject depends depending most some not no
    """.split()  # noqa: SIM905
)
_PREFIXES = ("non", "un", "dis", "in", "im", "il", "ir", "не")
# Begin with such letters, but deny nothing.
_NO_PREFIX = frozenset(
    """
    unless until under unlike unit united uncover income increase increased increases indeed inside inform informed
    intend intended intent install installed instance invest invested investing input intake inland indoor invoice
    include involve import imports imported impress impact impose improve impart discover discovered display displayed
    discount discounts discharge discharged disorder disorders disease dispose disposed dispute distribute dispatch
    illusion immigrant immigrants immigration
    """.split()  # noqa: SIM905
)
_LEAST_BASE = 4


@lru_cache(maxsize=65_536)
def denied_base(word: str) -> str:
    """Return what a lower-case word denies by its first letters: "secured" of "unsecured"; empty for none."""
    if word in _NO_PREFIX:
        return ""
    prefix = next((each for each in _PREFIXES if word.startswith(each)), "")
    base = word[len(prefix) :].lstrip("-") if prefix else ""
    return base if len(base) >= _LEAST_BASE else ""


# What stands before a verb, and what begins another clause than the one before.
AUXILIARIES = frozenset(
    """
    is are was were be been being has have had may might must can could will would shall should do does did never
    he she it they we you i
    """.split()  # noqa: SIM905
)
BE = frozenset(["is", "are", "was", "were", "be", "been", "being"])
SUBJECT_PRONOUNS = frozenset(["we", "he", "she", "they", "you", "i"])
DETERMINERS = frozenset(
    """
    the a an this that these those its their his her our your my no any some every each all both more most very so too
    """.split()  # noqa: SIM905
)
PREPOSITIONS = frozenset(
    """
    about above across after against among around as at before behind below beside between beyond by despite down
    during for from in into near of off on onto out over per since than through to toward towards under until up upon
    with within without
    """.split()  # noqa: SIM905
)
RELATIVES = frozenset(["who", "which", "that", "whose", "whom", "where", "when", "because", "if", "while", "although"])
CLAUSE_WORDS = frozenset(["and", "but", "or", "so", "yet", "nor"])
PASTS = frozenset(
    """
    beat became began bought brought built caught chose drew drove found fought gave got held hit kept knew led left
    lent lost made met paid put ran read sang saw sent set shot sold spoke stole struck swore taught threw told took
    won wore wrote
    """.split()  # noqa: SIM905
)
# Stems of verbs that go both ways, or say nothing of who does what.
MUTUAL = frozenset(
    """
    met meet marri agre share merg compet differ compar match is was are were be been being need
    """.split()  # noqa: SIM905
)
