"""Words that only ask, what they ask for and what holds it, in other languages than English. Pure.

English is in `question_kind.py`.

Which of them a question is in is told by these words alone: it is short, and so are they.
"""

import re

from pincite.answers.verdicts.elsewhere import MONTHS_ELSEWHERE, NUMBERS_ELSEWHERE, UNITS_ELSEWHERE
from pincite.core.unspaced import has_unspaced

_ASKING = {
    "de": """
    der die das den dem des ein eine einen einem einer eines und oder ist sind war waren wird werden wurde wurden hat
    haben hatte hatten kann können darf dürfen muss müssen soll sollen will wollen ich du er sie es wir ihr mein meine
    meinen dein deine sein seine ihre unser unsere wie was wer wen wem wessen wann wo wohin woher warum wieso weshalb
    welche welcher welches welchen welchem viel viele hoch lange oft groß mit von zu zum zur im in an am auf aus bei für
    nach über um unter vor durch ohne bis als auch nur noch wenn dass man mir mich uns sich gibt geben bitte beträgt
    """,
    "fr": """
    le la les l un une des du de d et ou est sont était étaient sera seront a ont avait peut peuvent doit doivent je tu
    il elle on nous vous ils elles mon ma mes ton son sa ses notre votre leur leurs ce cet cette ces que quel quelle
    quels quelles qui quoi quand où comment pourquoi combien c qu s n y en à au aux dans sur sous avec sans pour par
    chez jusqu t
    """,
    "es": """
    el la los las un una unos unas de del y o es son era fue está están hay ha han puede pueden debe deben yo tú él ella
    nosotros ustedes ellos mi mis tu su sus nuestro qué que cuál cuáles quién quiénes cuándo dónde cómo cuánto cuánta
    cuántos cuántas a al en con sin para por se lo le me
    """,
    "it": """
    il lo la i gli le un uno una di del della dello dei delle degli e o è sono era sarà ha hanno può possono posso devo
    deve devono si io tu lui lei noi voi loro mio mia miei mie suo sua nostro che cosa quale quali qual chi quando dove
    come perché quanto quanta quanti quante a al alla ai alle in nel nella nei nelle con senza per da dal dalla su sul
    sulla mi ci c l d
    """,
    "nl": """
    de het een en of is zijn was waren wordt worden werd heeft hebben had kan kunnen mag mogen moet moeten zal wil ik je
    jij u hij zij ze wij we jullie mijn uw zijn haar ons onze wat wie wanneer waar hoe waarom welke welk hoeveel lang
    hoog van in op aan met voor naar bij uit over om te tot als ook heb ben bedraagt krijg er
    """,
    "pt": """
    o a os as um uma uns umas de do da dos das e ou é são era foi está estão há tem têm pode podem posso deve devem devo
    eu tu ele ela nós eles elas meu minha seu sua nosso que qual quais quem quando onde como quanto quanta quantos
    quantas em no na nos nas com sem para por pelo pela ao à se
    """,
    "pl": """
    i lub albo jest są był była było będzie ma mają mam może mogą mogę musi muszę ja ty on ona my wy oni mój moja mi
    się co kto kiedy gdzie jak dlaczego ile jaki jaka jakie jakich czy który która które w we z ze na do od dla po przy
    przez o u za wynosi
    """,
    "ru": """
    и или а есть был была было будет может могут могу должен должна должны я ты он она мы вы они мой моя мне нам ли
    что кто когда где как почему сколько какой какая какое какие каков какова каково чей можно нужно надо в во на с со
    из от до для по при о об у за к ко это составляет
    """,
    "tr": """
    ve veya bir bu şu mı mi mu mü ne kim kime nerede nasıl neden niçin kaç hangi için ile da de var ben sen biz siz
    zaman kadar
    """,
    "ar": """
    في من إلى على عن مع هل ما ماذا متى أين كيف لماذا كم أي هو هي هم كان يكون تكون أو و يبلغ تبلغ لي هناك
    """,
    "he": """
    של את על עם אל מן או האם מה מי מתי איפה היכן איך כיצד למה מדוע כמה איזה איזו הוא היא הם הן יש אני אתה לי ב ל
    """,
}
UNSPACED = "unspaced"
"""Any language without spaces between its words; what only asks there are no words (`core/unspaced.py`)."""
ASKING = {language: frozenset(words.split()) for language, words in _ASKING.items()}
"""Words of a question that say nothing of what it is about, by language."""
WANTS = (
    (
        "duration",
        (
            r"\bwie lange\b|\bcombien de temps\b|\bcuánto tiempo\b|\bquanto (?:tempo|dura)\b|\bhoe lang\b|"
            r"\bjak długo\b|\bкак долго\b|多久|多长时间|どのくらい|얼마나 오래"
        ),
    ),
    (
        "money",
        (
            r"\b(was|wie ?viel) kostet\b|\bwie teuer\b|\bcombien coûten?t?\b|\bquel est le prix\b|\bcuánto cuestan?\b|"
            r"\bquanto (?:costa|custa)m?\b|\bhoeveel kost\b|\bile kosztuj|\bсколько стоит\b|多少钱|多少錢|いくら"
        ),
    ),
    (
        "number",
        (
            r"\bwie ?viele?\b|\bwie (hoch|groß|schwer|weit|alt)\b|\bcombien\b|\bcuánt[oa]s?\b|\bquant[oaie]s?\b|"
            r"\bhoeveel\b|\bile\b|\bсколько\b|\bkaç\b|\bne kadar\b|كم|כמה|"
            r"多少|[几幾何][天个個年日月人时時]|いくつ|얼마|며칠|몇"
        ),
    ),
    (
        "time",
        (
            r"\bwann\b|\bquand\b|\bà quelle heure\b|\bcuándo\b|\ba qué hora\b|\bquando\b|\bwanneer\b|\bkiedy\b|"
            r"\bкогда\b|\bво сколько\b|\bne zaman\b"
        ),
    ),
    ("name", r"\b(wer|wem|wen)\b|^\W*(à |par |avec )?qui\b|\bquién(es)?\b|\bchi\b|\bquem\b|\bwie is\b|\bkto\b|\bкто\b"),
)
"""What a question wants (see `question_kind.Wants`), by a pattern over it in small letters; the first holds."""
YES_OR_NO = (
    r"|^\W*(?:ist|sind|war|darf|dürfen|kann|können|muss|müssen|soll|gibt|wird|werden|hat|haben|gilt|bekomme|"
    r"est-ce que|peut-on|puis-je|dois-je|faut-il|y a-t-il|se puede|se admiten|puedo|debo|hay|es|está|tengo|"
    r"posso|si può|si possono|devo|ci sono|c'è|mag|moet|worden|wordt|heb|há|pode|podem|preciso|czy|هل|האם)\b"
    r"|\bли\b|[吗嗎]\W*$|(?:です|ます|ません)か\W*$|(?:나요|니까|까요)\W*$|\bm[ıiuü]\b(?!.*\bm[ıiuü]\b)"
)
"""What is asked so that a yes or a no answers it, to go on with the pattern of English."""
_SPANS = [word for word, unit in UNITS_ELSEWHERE.items() if unit not in {"percent", "euro", "rouble", "zloty"}]
HOLDS = {
    "number": rf"\b(?:{'|'.join(NUMBERS_ELSEWHERE)})\b|[一二三四五六七八九十百千]",
    "money": r"\d\s?(?:zł|руб|тл|tl\b|ريال|درهم|元|円|원|บาท|ש)|r\$\s?\d|\d,\d\d\b|"
    r"\b(?:kostenlos|kostenfrei|gratuit|gratis|"
    r"бесплатн\w*|ücretsiz\w*|bezpłatn\w*)\b|免费|無料|무료",
    "time": rf"\b(?:{'|'.join(MONTHS_ELSEWHERE)})\b|\b(?:{'|'.join(_SPANS)})\b|\b(?:täglich|sofort|immédiatement)\b|"
    r"[一二三四五六七八九十]|اليوم|الساعة",
    "duration": rf"(?:\b|(?<=\d))(?:\d+|{'|'.join(NUMBERS_ELSEWHERE)})(?: ?| [^\W\d]+ )"
    rf"(?:{'|'.join(_SPANS)})|[一二三四五六七八九十]+[天年日月周]",
}
"""What of that kind is told in other languages, by a pattern over text in any case; `question_kind` has English."""
_WORD = re.compile(r"[^\W\d_]+")
_ASKS = re.compile(
    "|".join((*(pattern for _, pattern in WANTS), YES_OR_NO[1:], r"什么|什麼|怎[么麼样]|如何|哪|谁|誰|どこ|なぜ|どう"))
)
_LATIN = re.compile(r"[a-z]", re.IGNORECASE)


def language_asked_in(text: str, is_english: frozenset[str]) -> str | None:
    """Return the language of `ASKING` that most of a question's small words are of; None for English and any other.

    `core.languages` knows more of them, by a model that takes memory and is often unsure of a single question.

    Args:
        text: the question.
        is_english: the small words of English.
    """
    words = _WORD.findall(text.lower())
    counts = {language: sum(word in known for word in words) for language, known in ASKING.items()}
    best = max(counts, key=lambda language: counts[language])
    if has_unspaced(text):
        return UNSPACED
    least = max(1, sum(word in is_english for word in words)) if _LATIN.search(text) else 0
    return best if counts[best] > least else None


def asks_elsewhere(text: str) -> bool:
    """Whether a text asks, by its words, in another language than English."""
    return _ASKS.search(text.lower()) is not None
