"""Check digits of cards, accounts and national ids: each function says whether a number is valid. Pure.

What is given are bare digits (and letters in capitals), without separators. Sources: ISO/IEC 7812-1 (Luhn), ISO 13616
(IBAN), ISO/IEC 7064, Verhoeff 1969, and the publications of the authorities that issue each id.
"""

# Verhoeff: multiplication in the dihedral group D5, and how a digit is permuted by its place.
_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PLACES = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_TFN = (1, 4, 3, 7, 5, 8, 6, 9, 10)
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_NINO_NEVER = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
_ODD_PLACES = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
            *(2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ),
        strict=True,
    )
)
# How long an account's number is in each country of the IBAN registry.
IBAN_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE", "BI"), 16),
    **dict.fromkeys(("DK", "FO", "FI", "GL", "NL", "SD", "FK"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "XK", "LT", "LU", "MN"), 20),
    **dict.fromkeys(("HR", "LV", "LI", "CH"), 21),
    **dict.fromkeys(("BH", "BG", "CR", "GE", "DE", "IE", "ME", "RS", "GB", "VA"), 22),
    **dict.fromkeys(("GI", "IL", "TL", "AE", "IQ", "OM", "SO"), 23),
    **dict.fromkeys(("AD", "CZ", "MD", "PK", "RO", "SA", "SK", "ES", "SE", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("FR", "GR", "IT", "MC", "MR", "SM", "BJ", "BF", "CI", "ML", "NE", "SN", "TG", "CM", "DJ"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "SV", "GT", "HU", "LB", "PL", "NI", "HN"), 28),
    **dict.fromkeys(("BR", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}


def luhn(digits: str) -> bool:
    """Say whether the last digit is the others' Luhn digit; zeros alone are no number."""
    total = sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0 and digits.strip("0") != ""


def iban(text: str) -> bool:
    """Say whether it is as long as its country's and leaves 1 modulo 97."""
    if IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


def verhoeff(digits: str) -> bool:
    """Say whether the last digit is the others' Verhoeff digit."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _D5[check][_PLACES[place % 8][int(digit)]]
    return check == 0


def us_ssn(digits: str) -> bool:
    """Say whether a number of 9 digits can have been issued: there is no check digit, but there are gaps."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def de_tax_id(digits: str) -> bool:
    """Say whether 11 digits are a Steuer-ID: ISO 7064 MOD 11,10; one digit of the first ten comes twice or thrice."""
    often = [digits[:10].count(digit) for digit in set(digits[:10])]
    if digits[0] == "0" or max(often) > 3 or sum(1 for times in often if times > 1) != 1:
        return False
    product = 10
    for digit in digits[:10]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def fr_nir(text: str) -> bool:
    """Say whether 15 characters are a French NIR: sex, year, month, place (2A and 2B in Corsica), key modulo 97."""
    body = text[:13].replace("2A", "19", 1) if text[5:7] == "2A" else text[:13]
    body = body.replace("2B", "18", 1) if text[5:7] == "2B" else body
    if not (body + text[13:]).isdigit() or text[0] not in "123478":
        return False
    month = int(text[3:5])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(body) % 97 == int(text[13:])


def es_dni(text: str) -> bool:
    """Say whether 8 digits (or X, Y, Z and 7: an NIE) and a letter are a Spanish id."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and _DNI[int(number) % 23] == text[-1]


def it_fiscal_code(text: str) -> bool:
    """Say whether the last of 16 letters and digits is the check letter of a codice fiscale."""
    total = sum(_ODD_PLACES[letter] for letter in text[:15:2])
    total += sum(int(letter) if letter.isdigit() else ord(letter) - 65 for letter in text[1:15:2])
    return chr(65 + total % 26) == text[15]


def nl_bsn(digits: str) -> bool:
    """Say whether 9 digits pass the Dutch elfproef."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0 and digits.strip("0") != ""


def br_cpf(digits: str) -> bool:
    """Say whether 11 digits end in the two check digits of a Brazilian CPF."""
    if len(set(digits)) == 1:
        return False
    for length in (9, 10):
        total = sum(int(digits[place]) * (length + 1 - place) for place in range(length))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return True


def au_tfn(digits: str) -> bool:
    """Say whether 9 digits pass the weights of an Australian tax file number."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _TFN, strict=True))
    return total % 11 == 0 and digits.strip("0") != ""


def uk_nino(text: str) -> bool:
    """Say whether two letters, 6 digits and a letter can be a National Insurance number: it has no check digit."""
    first, second, last = text[0], text[1], text[8]
    allowed = first not in "DFIQUV" and second not in "DFIOQUV" and last in "ABCD"
    return allowed and text[:2] not in _NINO_NEVER


def ch_ahv(digits: str) -> bool:
    """Say whether 13 digits are a Swiss AHV number: 756, and an EAN-13 check digit."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits.startswith("756") and total % 10 == 0


def in_aadhaar(digits: str) -> bool:
    """Say whether 12 digits are an Aadhaar: it begins with 2 to 9 and ends with a Verhoeff digit."""
    return digits[0] not in "01" and verhoeff(digits)


def ca_sin(digits: str) -> bool:
    """Say whether 9 digits are a Canadian SIN: none begins with 8, and it ends with a Luhn digit."""
    return digits[0] not in "08" and luhn(digits)
