"""In other languages, too, a lost or added "not", another unit, month or number takes the support away."""

import pytest

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.verdicts.verify import Verifier, texts_of_evidence, texts_of_sentence
from pincite.gateway import StaticEmbedder

EMBEDDER = StaticEmbedder()


def _verdict(page: str, claim: str) -> Verdict:
    found = [Candidate(0, 1, 0, len(page), page, "rules.md", "", "")]
    texts = [*texts_of_evidence(found), *texts_of_sentence(claim)]
    return Verifier(found, dict(zip(texts, EMBEDDER.vectors(texts), strict=True))).verify(claim).verdict


@pytest.mark.parametrize(
    ("page", "other"),
    [
        ("Parkeerkosten worden niet vergoed.", "Parkeerkosten worden vergoed."),
        ("Tijdens de proeftijd geldt geen opzegtermijn.", "Tijdens de proeftijd geldt een opzegtermijn."),
        ("La fianza asciende a 2.300 euros.", "La fianza nunca asciende a 2.300 euros."),
        ("L'apparecchio non è adatto ai bambini.", "L'apparecchio è adatto ai bambini."),
        ("Obras não são permitidas aos sábados.", "Obras são permitidas aos sábados."),
        ("Praca zdalna nie jest dozwolona w okresie próbnym.", "Praca zdalna jest dozwolona w okresie próbnym."),
        ("Перенос отпуска на следующий год не допускается.", "Перенос отпуска на следующий год допускается."),
        ("Курение в здании запрещено.", "Курение в здании разрешено."),
        ("لا يجوز ترحيل الإجازة إلى السنة التالية.", "يجوز ترحيل الإجازة إلى السنة التالية."),
        ("אסור לעשן בבניין.", "מותר לעשן בבניין."),
        ("Kullanılmayan izinler ertesi yıla devredilmez.", "Kullanılmayan izinler ertesi yıla devredilir."),
        ("未使用的年假不得转到下一年。", "未使用的年假可以转到下一年。"),
        ("宿舍内禁止饲养宠物。", "宿舍内可以饲养宠物。"),
        ("新幹線のグリーン車は利用できない。", "新幹線のグリーン車は利用できる。"),
        ("制服の貸与は無料です。", "制服の貸与は無料ではありません。"),
        ("사내 흡연은 금지한다.", "사내 흡연은 허용한다."),
    ],
)
def test_a_negation_counts(page: str, other: str) -> None:
    assert _verdict(page, page) is Verdict.SUPPORTED
    assert _verdict(page, other) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("page", "other"),
    [
        (
            "Anträge sind vier Wochen vorher zu stellen.",
            "Anträge sind drei Wochen vorher zu stellen.",
        ),
        ("Les congés non pris au 31 mai sont perdus.", "Les congés non pris au 31 mars sont perdus."),
        ("La demande est déposée deux mois à l'avance.", "La demande est déposée deux semaines à l'avance."),
        ("El contrato empieza el 1 de mayo de 2026.", "El contrato empieza el 1 de marzo de 2026."),
        ("La garanzia dura 24 mesi dalla data di acquisto.", "La garanzia dura 24 giorni dalla data di acquisto."),
        ("Okres wypowiedzenia wynosi 2 tygodnie.", "Okres wypowiedzenia wynosi 2 miesiące."),
        ("Обеденный перерыв длится 45 минут.", "Обеденный перерыв длится 45 часов."),
        ("餐饮补贴每天100元。", "餐饮补贴每天200元。"),
        ("产假为158天。", "产假为158周。"),
        ("本产品保修期为两年。", "本产品保修期为三年。"),
        ("退货须在七天内提出。", "退货须在十二天内提出。"),
        ("Semestern är 25 dagar per år.", "Semestern är 25 veckor per år."),
        ("Возврат товара возможен.", "Возврат товара невозможен."),
    ],
)
def test_figures_units_and_months_count(page: str, other: str) -> None:
    assert _verdict(page, page) is Verdict.SUPPORTED
    assert _verdict(page, other) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("page", "claim"),
    [
        ("بدل النقل ٤٥٠ ريالًا شهريًا.", "بدل النقل 450 ريالًا شهريًا."),
        (
            "Le budget s'élève à 1\u202f250,50 € par salarié.",
            "Le budget s'élève à 1 250,50 € par salarié.",
        ),
        ("研修は毎年１２時間とする。", "研修は毎年12時間とする。"),
    ],
)
def test_a_figure_may_be_written_otherwise(page: str, claim: str) -> None:
    assert _verdict(page, claim) is Verdict.SUPPORTED
