"""Terms: inflected words of many languages meet, accents or not; scripts without spaces are found by their signs."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.core.terms import asked_terms, plain_words, terms

FORMS = {
    "en": ["policy policies", "run running runs", "engine engines"],
    "de": ["Haus Häuser Hauses", "Vertrag Vertrags Vertrages", "Kündigung Kündigungen", "arbeiten arbeitet arbeitete"],
    "es": ["contrato contratos", "trabajador trabajadores trabajadora", "obligación obligaciones"],
    "fr": ["contrat contrats", "travailleur travailleurs", "évaluation évaluations", "payée payées payé"],
    "ru": ["договор договора договоров договором", "книга книги книгу книгами", "работник работника работникам"],
    "fi": ["talo talossa talon taloista", "auto autossa autoista", "kirja kirjat kirjassa"],
    "it": ["contratto contratti", "lavoratore lavoratori"],
    "pt": ["contrato contratos", "trabalhador trabalhadores"],
    "nl": ["contract contracten", "werknemer werknemers"],
    "sv": ["avtal avtalet avtalen", "bil bilar bilarna"],
    "pl": ["umowa umowy umowę", "książka książki"],
    "tr": ["kitap kitaplar kitapları", "ev evler evlerde"],
    "hu": ["ház házak házban", "könyv könyvek"],
    "ar": ["كتاب الكتاب", "مدرسة المدرسة"],
}


def meet(asked: str, written: str, language: str) -> bool:
    return set(asked_terms(asked, [language])) <= set(terms(written, language))


@pytest.mark.parametrize(("language", "forms"), [(tag, forms) for tag, all_ in FORMS.items() for forms in all_])
def test_the_forms_of_a_word_are_one_term(language: str, forms: str) -> None:
    first, *rest = forms.split()
    met = [meet(first, other, language) for other in rest]
    # A stemmer is no dictionary: most forms have to meet, not all ("sopimus" and "sopimukset" never do).
    assert sum(met) * 2 >= len(met), {word: terms(word, language) for word in forms.split()}


def test_german_words_are_not_stemmed_as_english() -> None:
    assert meet("Häuser", "Haus", "de")
    assert not meet("Häuser", "Haus", "en")


@pytest.mark.parametrize(
    ("written", "typed", "language"),
    [
        ("café", "cafe", "en"),
        ("Straße", "Strasse", "de"),
        ("São Paulo", "Sao Paulo", "pt"),
        ("Łódź", "Lodz", "en"),
        ("smørrebrød", "smorrebrod", "und"),
        ("Ελλάδα", "Ελλαδα", "und"),
        ("ёлка", "елка", "ru"),
        ("كِتَاب", "كتاب", "und"),
        ("ﬁnance", "finance", "en"),
        ("Ｐｙｔｈｏｎ", "python", "ja"),
        ("ﾃｽﾄ", "テスト", "ja"),
    ],
)
def test_what_is_written_with_accents_is_found_without(written: str, typed: str, language: str) -> None:
    assert set(asked_terms(typed, [language])) <= set(terms(written, language))
    assert set(asked_terms(written, [language])) <= set(terms(written, language))


def test_a_letter_and_its_accent_apart_are_one_letter() -> None:
    for word in ("Häuser", "évaluées", "ёлка", "が"):
        assert terms(unicodedata.normalize("NFD", word), "de") == terms(word, "de")


def test_a_word_in_another_script_than_its_text_is_stemmed_by_that() -> None:
    assert terms("Windows-Fenster und книгами", "ru") == terms("window fenster und книга", "ru")
    assert terms("engines エンジン", "ja")[0] == "engin"


def test_chinese_and_japanese_become_pairs_and_single_ideographs() -> None:
    assert terms("东京大学", "zh") == ["东京", "京大", "大学", "东", "京", "大", "学"]
    assert terms("茶", "zh") == ["茶"]
    assert terms("カード", "ja") == ["カー", "ード"]
    assert terms("한국어", "ko") == ["한국", "국어"]
    assert terms("ab東京12", "ja") == ["ab", "東京", "東", "京", "12"]


def test_thai_becomes_triples_with_its_vowels() -> None:
    assert terms("ที่ดิน", "th") == ["ที่", "ี่ด", "่ดิ", "ดิน"]


def test_vowel_signs_belong_to_their_word() -> None:
    assert plain_words("हिन्दी भाषा।") == ["हिन्दी", "भाषा"]
    assert meet("किताब", "किताबें", "hi")


def test_numbers_stay_and_what_is_longer_than_a_word_goes() -> None:
    assert terms("1,577.0 in 2024", "en") == ["1", "577", "0", "in", "2024"]
    assert terms("x" * 65 + " y", "en") == ["y"]


def test_a_word_is_asked_for_once_for_languages_that_stem_it_alike() -> None:
    assert asked_terms("the engines of Häuser", ("en", "de")) == ["the", "engin", "of", "hauser", "haus"]
    assert asked_terms("Norway, Norway", ("en", "de")) == ["norway", "norway"]
    assert asked_terms("anything", ()) == []


LANGUAGES = st.sampled_from(["en", "de", "ru", "ja", "th", "hi", "ar", "tr", "sr", "vi", "und", "xx"])


@settings(deadline=None)
@given(st.text(), LANGUAGES)
def test_whatever_stands_in_a_text_is_found_by_it(text: str, language: str) -> None:
    found = terms(text, language)
    assert set(asked_terms(text, [language])) <= set(found)
    assert all(term and not any(sign.isspace() for sign in term) and len(term) <= 64 for term in found)


@settings(deadline=None)
@given(st.lists(st.text("aäoößéñçżłйёжαώ", min_size=1, max_size=8), max_size=5), LANGUAGES)
def test_terms_of_a_text_are_those_of_its_words(words: list[str], language: str) -> None:
    assert terms(" ".join(words), language) == [term for word in words for term in terms(word, language)]
