"""Says of a request that has not the shape that the API describes where, what, and what to do. Pure.

What that shape is belongs to the routes; how errors are written, to `problems.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi.exceptions import RequestValidationError

from pincite.core import ErrorKind, PinciteError

Flaw = Mapping[str, Any]
"""One thing that pydantic says of a value: its `type`, its place (`loc`) and a sentence (`msg`)."""
_AGAIN = "Correct the request and send again."
_AS_JSON = "Send it with `Content-Type: application/json`."
_OF_ANOTHER_KIND = ("_type", "literal_error")


class InvalidRequest(PinciteError):
    """The request does not have the shape that the API describes."""

    code = "invalid-request"
    kind = ErrorKind.INVALID
    param: str | None = None
    scim_type = "invalidValue"


def explained(error: RequestValidationError) -> InvalidRequest:
    """Return what is wrong with a request."""
    flaws: Sequence[Flaw] = error.errors()
    flaw = flaws[0]
    if flaw["loc"][0] != "body":
        return _said(flaw, ".".join(map(str, flaw["loc"][1:])))
    if flaw["type"] == "json_invalid":
        said = _unreadable(flaw)
    elif len(flaw["loc"]) == 1 and isinstance(error.body, bytes):
        said = InvalidRequest("The request's body is not said to be JSON.", remedy=_AS_JSON)
    elif len(flaw["loc"]) == 1 and error.body is None:
        said = InvalidRequest("The request has no body, and needs one.", remedy=f"Send JSON. {_AS_JSON}")
    else:
        flaw = _named(_telling(flaws, error.body), flaws, error.body)
        said = _said(flaw, ".".join(_place(flaw, error.body)))
    said.scim_type = "invalidSyntax"
    return said


def _unreadable(flaw: Flaw) -> InvalidRequest:
    why = flaw.get("ctx", {}).get("error", "")
    return InvalidRequest(f"The body is no JSON at character {flaw['loc'][-1]}: {why}.", remedy="Send JSON.")


def _said(flaw: Flaw, where: str) -> InvalidRequest:
    if flaw["type"] == "extra_forbidden":
        said = InvalidRequest(f"`{where}` is not known here.", remedy="Leave it out, or correct its name.")
    elif flaw["type"] == "missing" and where:
        said = InvalidRequest(f"`{where}` is missing.", remedy="Send it as well.")
    else:
        said = InvalidRequest(f"{where or 'The request'}: {flaw['msg']}.", remedy=_AGAIN)
    said.param = where or None
    return said


def _named(flaw: Flaw, flaws: Sequence[Flaw], body: Any) -> Flaw:
    """Return what is wrong with the word that says of which kind a thing is, where that is the matter, else the flaw.

    All words that there are for it are told.
    """
    own = (*flaw["loc"][:-1], "type")
    odd = [each for each in flaws if each["type"] == "literal_error" and each["loc"][-1] == "type"]
    if flaw["type"] not in {"literal_error", "missing"} or all(each["loc"] != own for each in odd):
        return flaw
    place = [*_place(flaw, body)[:-1], "type"]
    *others, last = dict.fromkeys(each["ctx"]["expected"] for each in odd if _place(each, body) == place)
    said = f"Input should be {', '.join(others)}{' or ' if others else ''}{last}"
    return {**next(each for each in odd if each["loc"] == own), "msg": said}


def _place(flaw: Flaw, body: Any) -> list[str]:
    """Return where in a body something is: of its place what stands in the body, and what is missing there.

    Where a value may be of several kinds, pydantic writes down as well which of them it has tried.
    """
    found: list[str] = []
    here, parts = body, flaw["loc"][1:]
    for at, part in enumerate(parts):
        inside = _inside(here, part)
        if inside is not None:
            (here,) = inside
        elif at + 1 < len(parts) or flaw["type"] != "missing":
            continue
        found.append(str(part))
    return found


def _inside(value: Any, part: str | int) -> tuple[Any] | None:
    """Return what a value has at a part of a place; None where it has no such part."""
    if isinstance(value, dict):
        held = cast("dict[Any, Any]", value)
        return (held[part],) if part in held else None
    if isinstance(value, list) and isinstance(part, int):
        items = cast("list[Any]", value)
        return (items[part],) if part < len(items) else None
    return None


def _telling(flaws: Sequence[Flaw], here: Any, at: int = 1) -> Flaw:
    """Return the flaw that says most: of a value of several kinds, one of the kind that it comes nearest to.

    Args:
        flaws: what was found in a value.
        here: the value.
        at: how many parts their places have up to it.
    """
    first = flaws[0]
    while at < len(first["loc"]):
        inside = _inside(here, first["loc"][at])
        if inside is None:
            break
        (here,), at = inside, at + 1
    kinds: dict[Any, list[Flaw]] = {}
    for flaw in flaws:
        if flaw["loc"][:at] == first["loc"][:at] and at < len(flaw["loc"]):
            kinds.setdefault(flaw["loc"][at], []).append(flaw)
    is_missing = first["type"] == "missing" and len(first["loc"]) == at + 1
    if at == len(first["loc"]) or len(kinds) < 2 or is_missing:
        return first
    return _telling(min(kinds.values(), key=lambda those: (_is_another(those, at), len(those))), here, at + 1)


def _is_another(flaws: Sequence[Flaw], at: int) -> bool:
    """Say whether flaws say but that a value is of another kind altogether."""
    return all(len(each["loc"]) == at + 1 and each["type"].endswith(_OF_ANOTHER_KIND) for each in flaws)
