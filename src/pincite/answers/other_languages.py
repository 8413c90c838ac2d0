"""Words that only ask, and what they ask for, in German, French and Spanish; English is in `question_kind.py`. Pure.

Which of them a question is in is told by these words alone: it is short, and so are they.
"""

import re

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
}
ASKING = {language: frozenset(words.split()) for language, words in _ASKING.items()}
"""Words of a question that say nothing of what it is about, by language."""
WANTS = (
    ("duration", r"\bwie lange\b|\bcombien de temps\b|\bcuánto tiempo\b"),
    (
        "money",
        r"\b(was|wie ?viel) kostet\b|\bwie teuer\b|\bcombien coûten?t?\b|\bquel est le prix\b|\bcuánto cuestan?\b",
    ),
    ("number", r"\bwie ?viele?\b|\bwie (hoch|groß|schwer|weit|alt)\b|\bcombien\b|\bcuánt[oa]s?\b"),
    ("time", r"\bwann\b|\bquand\b|\bà quelle heure\b|\bcuándo\b|\ba qué hora\b"),
    ("name", r"\b(wer|wem|wen)\b|^\W*(à |par |avec )?qui\b|\bquién(es)?\b"),
)
"""What a question wants (see `question_kind.Wants`), by a pattern over it in small letters; the first holds."""
_WORD = re.compile(r"[^\W\d_]+")


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
    return best if counts[best] > max(1, sum(word in is_english for word in words)) else None
