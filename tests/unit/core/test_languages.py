"""Languages of texts are told by the model that ships; what is none is said to be none."""

import pytest

from pincite.core.languages import LOOKED_AT, language_of

TEXTS = {
    "en": "Employees may carry over up to five days of annual leave into the next year.",
    "de": "Beschäftigte dürfen bis zu fünf Urlaubstage in das nächste Jahr übertragen.",
    "fr": "Les salariés peuvent reporter jusqu'à cinq jours de congé sur l'année suivante.",
    "es": "Los empleados pueden trasladar hasta cinco días de vacaciones al año siguiente.",
    "it": "I dipendenti possono riportare fino a cinque giorni di ferie all'anno successivo.",
    "pt": "Os funcionários podem transferir até cinco dias de férias para o ano seguinte.",
    "nl": "Werknemers mogen maximaal vijf vakantiedagen meenemen naar het volgende jaar.",
    "pl": "Pracownicy mogą przenieść do pięciu dni urlopu na następny rok.",
    "fi": "Työntekijät voivat siirtää enintään viisi lomapäivää seuraavalle vuodelle.",
    "ru": "Сотрудники могут перенести до пяти дней отпуска на следующий год.",
    "uk": "Працівники можуть перенести до п'яти днів відпустки на наступний рік.",
    "el": "Οι εργαζόμενοι μπορούν να μεταφέρουν έως πέντε ημέρες άδειας στο επόμενο έτος.",
    "tr": "Çalışanlar beş güne kadar yıllık izni sonraki yıla devredebilir.",
    "ar": "يجوز للموظفين ترحيل ما يصل إلى خمسة أيام من الإجازة إلى السنة التالية.",
    "he": "עובדים רשאים להעביר עד חמישה ימי חופשה לשנה הבאה.",
    "hi": "कर्मचारी अगले वर्ष में पाँच दिन तक की छुट्टी ले जा सकते हैं।",
    "zh": "员工最多可以将五天年假结转到下一年。",
    "ja": "従業員は最大五日間の年次休暇を翌年に繰り越すことができます。",
    "ko": "직원은 최대 5일의 연차 휴가를 다음 해로 이월할 수 있습니다.",
    "th": "พนักงานสามารถสะสมวันลาพักร้อนได้สูงสุดห้าวันไปยังปีถัดไป",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_is_enough(language: str) -> None:
    assert language_of(TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "   ", "OK", "12 4.5 17 | 33 1.2 9", "\x00\ufffd" * 40])
def test_what_is_no_language_is_undetermined(text: str) -> None:
    assert language_of(text) == "und"


def test_a_long_text_is_told_by_its_beginning() -> None:
    long = TEXTS["de"] * 200
    assert len(long) > LOOKED_AT
    assert language_of(long) == "de"


def test_halves_of_signs_do_no_harm() -> None:
    assert language_of("\ud800 " + TEXTS["fr"]) == "fr"
