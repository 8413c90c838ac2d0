"""What one line of a set of questions says, read strictly: what is misread would be measured as a fault of answers.

Which lines there are is known to `formats.py`; what is kept in the database was read here once.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

from pincite.evals.domain import Case, Place

FIELDS = ("id", "question", "answer", "answerable", "evidence", "relevant", "tags", "group", "source", "page", "quote")
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_ALIKE = 0.75
_NO_PLACES = '`evidence` is no list of {"source", "page", "quote"}'

Row = Mapping[str, Any]


def case_of(row: Row, default_id: str) -> Case:
    """Read a question.

    Args:
        row: the line's fields. Where the answer stands is a list of places, `evidence`, or `source`, `page` and `quote`
            beside the question. Fields that there are not are left alone, unless they look like one that there is.
        default_id: what it is called where it has no id.

    Raises:
        ValueError: what is wrong, as the end of a sentence about the line.
    """
    _refuse_misspelt(row)
    if not (question := text_in(row, "question")).strip():
        raise ValueError("the question is empty" if "question" in row else "the field 'question' is missing")
    places = tuple(_places(row))
    relevant = _gains(row.get("relevant"))
    answer = text_in(row, "answer")
    said = _flag(row.get("answerable"))
    return Case(
        id=text_in(row, "id").strip() or default_id,
        question=question,
        answer=answer,
        answerable=bool(places or relevant or answer.strip()) if said is None else said,
        places=places,
        relevant=relevant,
        tags=tags_in(row),
        group=text_in(row, "group"),
    )


def text_in(row: Row, name: str) -> str:
    """Return a field's text, empty where there is none; a number is text. Raises: ValueError."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"`{name}` is no text")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"`{name}` is no text")
    text = str(value)
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError(f"`{name}` holds a character that is none (NUL, or half of a pair)")
    return text


def tags_in(row: Row) -> tuple[str, ...]:
    """Return the tags, each once; a text is one tag. Raises: ValueError."""
    value = row.get("tags")
    if value is None:
        return ()
    named: Sequence[Any] = [value] if isinstance(value, str) else value
    if not isinstance(named, list) or any(isinstance(each, bool) or not isinstance(each, str | int) for each in named):
        raise ValueError("`tags` is no list of texts")
    texts = (text_in({"tags": each}, "tags").strip() for each in named)
    return tuple(dict.fromkeys(text for text in texts if text))


def whole_number(value: Any, name: str, least: int) -> int:
    """Return a whole number, which may be written as text or with a point (12, "12", 12.0). Raises: ValueError."""
    number: Any = value
    if isinstance(value, str):
        text = value.strip().removesuffix(".0")
        number = int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) <= len("1000000000") else None
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= 1_000_000_000:
        raise ValueError(f"`{name}` is {_shown(value)}, and no whole number from {least} on")
    return number


def _places(row: Row) -> Iterable[Place]:
    if text_in(row, "source").strip():
        yield _place(row)
    elif row.get("page") is not None or text_in(row, "quote"):
        raise ValueError("`page` and `quote` need a `source`")
    rows: Any = row.get("evidence")
    if rows is None:
        return
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list):
        raise ValueError(_NO_PLACES)
    for each in cast("list[Any]", rows):
        if not isinstance(each, dict):
            raise ValueError(_NO_PLACES)
        place = cast("Row", each)
        _refuse_misspelt(place)
        yield _place(place)


def _place(row: Row) -> Place:
    source = text_in(row, "source")
    if not source.strip():
        raise ValueError("a place has no `source`")
    if row.get("page") is None or row["page"] == "":
        raise ValueError("the field 'page' is missing")
    try:
        page = whole_number(row["page"], "page", 1)
    except ValueError as error:
        raise ValueError(f"{error}; pages are counted, whatever is printed on them") from None
    return Place(source, page, text_in(row, "quote"))


def _gains(value: Any) -> dict[str, int]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError('`relevant` is no object such as {"passage": 1}')
    gains = cast("Mapping[str, Any]", value)
    read = {key: whole_number(each, f"relevant.{key}", 0) for key, each in gains.items()}
    return {key: gain for key, gain in read.items() if gain}


def _flag(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if not text:
        return None
    if not isinstance(value, str | int) or text not in _YES | _NO:
        raise ValueError(f"`answerable` is {_shown(value)}, and neither true nor false")
    return text in _YES


def _refuse_misspelt(row: Row) -> None:
    if "claim" in row:
        raise ValueError("it is a claim; a file holds questions or claims, never both")
    for name in row:
        if name in FIELDS:
            continue
        meant = get_close_matches(name.strip().lower(), FIELDS, 1, _ALIKE)
        if meant and meant[0] not in row:
            raise ValueError(f"there is no field {_shown(name)}; `{meant[0]}` is meant")


def _shown(value: Any) -> str:
    return repr(value)[:60]
