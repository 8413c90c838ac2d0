"""Answers without a model in other languages than English, over HTTP: what the document says, or that it does not."""

import httpx2
import pytest
from tests.flow.conftest import add

PAPERS = {
    "ja": """# 就業規則

## 出張

宿泊費の上限は1泊12,000円とする。新幹線のグリーン車は利用できない。日当は2,500円である。

## その他

副業は会社の許可なく行ってはならない。人事部長は佐藤健一である。制服の貸与は無料です。
""",
    "zh": """# 员工手册

## 休假

员工入职满一年后可享受每年10天年假。未使用的年假不得转到下一年。婚假为3天。

## 宿舍

宿舍内禁止饲养宠物。访客须在晚上十点前离开。押金为1,500元。
""",
    "ko": "# 취업 규칙\n\n연차 휴가는 연 15일이다. 휴가 신청은 3일 전까지 해야 한다. 식대는 월 200,000원이다.\n",
    "ru": """# Правила

Рабочий день начинается в 9:00. Ежегодный оплачиваемый отпуск составляет 28 календарных дней. Расходы на такси
возмещаются только при наличии чека. Перенос отпуска на следующий год не допускается.
""",
    "ar": """# لائحة العمل

تبدأ ساعات العمل في الساعة الثامنة صباحًا. يستحق الموظف إجازة سنوية مدتها 30 يومًا. بدل النقل ٤٥٠ ريالًا شهريًا.
""",
    "he": "# תקנון\n\nאסור לעשן בבניין. דמי הנסיעה הם 225 שקלים לחודש. מנהלת משאבי אנוש היא רחל כהן.\n",
    "it": "# Manuale\n\nNon usare aceto. La garanzia dura 24 mesi dalla data di acquisto. La macchina pesa 4,35 kg.\n",
    "nl": "# Gids\n\nMedewerkers hebben recht op 25 vakantiedagen per jaar. Parkeerkosten worden niet vergoed.\n",
}


@pytest.mark.parametrize(
    ("language", "question", "said"),
    [
        ("ja", "宿泊費の上限はいくらですか？", "12,000円"),
        ("ja", "人事部長は誰ですか?", "佐藤健一"),
        ("ja", "副業はできますか?", "許可なく行ってはならない"),
        ("zh", "年假有几天？", "10天年假"),
        ("zh", "宿舍可以养宠物吗?", "禁止饲养宠物"),
        ("zh", "未使用的年假可以转到下一年吗?", "不得转到下一年"),
        ("ko", "식대는 얼마인가요?", "200,000원"),
        ("ru", "Сколько дней составляет отпуск?", "28 календарных дней"),
        ("ar", "كم يبلغ بدل النقل؟", "٤٥٠"),
        ("it", "Posso usare l'aceto?", "Non usare aceto."),
        ("nl", "Hoeveel vakantiedagen heb ik?", "25 vakantiedagen"),
    ],
)
async def test_what_a_document_says_is_quoted(
    client: httpx2.AsyncClient, language: str, question: str, said: str
) -> None:
    await add(client, f"{language}.md", PAPERS[language].encode())
    answer = (await client.post("/v1/answers", json={"question": question, "stream": False}, timeout=60)).json()
    assert said in answer["answer"]
    assert answer["pins"]


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("ja", "住宅手当はいくらですか？"),
        ("ja", "健康診断はいつですか？"),
        ("zh", "年终奖是多少？"),
        ("ko", "주차비는 얼마인가요?"),
        ("ru", "Какой размер премии?"),
        ("ru", "Когда корпоратив?"),
        ("ar", "ما هي مكافأة نهاية الخدمة؟"),
        ("he", "מה גובה הבונוס?"),
    ],
)
async def test_what_no_document_says_is_not_answered(client: httpx2.AsyncClient, language: str, question: str) -> None:
    await add(client, f"{language}.md", PAPERS[language].encode())
    answer = (await client.post("/v1/answers", json={"question": question, "stream": False}, timeout=60)).json()
    assert (answer["abstained"], answer["answer"]) == (True, "The documents do not say.")
