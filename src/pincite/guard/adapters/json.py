"""JSON and JSON lines: a line for each value with the names above it. Runs in the child only.

`{"hours": {"Monday": "9-5"}}` reads "hours > Monday: 9-5"; a list of records of one shape reads as a table.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pincite.guard.adapters.notebook import is_notebook, notebook_elements
from pincite.guard.adapters.text import read_text
from pincite.guard.domain import BlockKind, UnreadableDocument
from pincite.guard.sections import Element, cut_sections, row_text, squeeze
from pincite.guard.source import Opened, Source

_MAX_DEPTH = 60
_MOST_COLUMNS = 40
_SAID_EMPTY = 2  # names above an empty list or object that is said; deeper ones are many and say little
_DAMAGED = "Check the file with a JSON validator and upload it again."


def open_source(source: Source) -> Opened:
    """Open JSON, or one JSON value a line."""
    text = read_text(source)
    value: Any
    try:
        value = _loaded(text)
    except json.JSONDecodeError as error:
        value = _lines(text, error.lineno)
    except (ValueError, RecursionError):
        value = _lines(text)
    return Opened(cut_sections(notebook_elements(value) if is_notebook(value) else _part(value, (), 1)))


def _loaded(text: str) -> Any:
    """Return a JSON value; its numbers stay as they are written: as values of the machine 0.10 is 0.1."""
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object_of)


def _object_of(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of names that come again each keeps its value, under a name that is counted."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found.clear()
    times: dict[str, int] = {}
    for name, value in pairs:
        said = name
        while said in found:
            times[name] = times.get(name, 1) + 1
            said = f"{name} ({times[name]})"
        found[said] = value
    return found


def _lines(text: str, broken: int = 0) -> list[Any]:
    """Read JSON lines.

    Args:
        text: the file's.
        broken: the line at which it is no JSON value as a whole.

    Raises: UnreadableDocument, naming the line that is none; where the first is none, the one at which all broke.
    """
    found: list[Any] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(_loaded(line))
        except (ValueError, RecursionError) as error:
            at = number if found else max(broken, number)
            raise UnreadableDocument(f"Line {at} is no JSON.", remedy=_DAMAGED) from error
    return found


def _part(value: Any, path: tuple[str, ...], group: int) -> Iterator[Element]:
    if value in ({}, []) and len(path) <= _SAID_EMPTY:
        value = "{}" if value == {} else "[]"
    if len(path) > _MAX_DEPTH:
        raise UnreadableDocument("The JSON is nested too deeply.", remedy=_DAMAGED)
    if isinstance(value, dict):
        yield from _object(cast("Mapping[str, Any]", value), path, group)
    elif isinstance(value, list):
        yield from _list(cast("Sequence[Any]", value), path, group)
    else:
        name = " > ".join(path)
        said = _said(value)
        yield Element(BlockKind.LIST, f"{name}: {said}" if name else said, group=group)


def _object(value: Mapping[str, Any], path: tuple[str, ...], group: int) -> Iterator[Element]:
    for number, (name, inner) in enumerate(value.items()):
        large = isinstance(inner, dict | list) and len(path) < 2 and len(cast("Sequence[Any]", inner)) > 1
        if large:
            yield Element(BlockKind.HEADING, squeeze(str(name)), level=len(path) + 1)
        yield from _part(inner, (*path, squeeze(str(name))), group * 31 + number if large else group)


def _list(value: Sequence[Any], path: tuple[str, ...], group: int) -> Iterator[Element]:
    columns = _columns(value)
    if columns:
        yield Element(BlockKind.TABLE, row_text(columns), group=group)
        for record in value:
            yield Element(BlockKind.TABLE, row_text(_said(record.get(name)) for name in columns), group=group)
        return
    for number, inner in enumerate(value, start=1):
        plain = not isinstance(inner, dict | list)
        yield from _part(inner, path if plain else (*path, str(number)), group)


def _columns(value: Sequence[Any]) -> list[str]:
    """Return the names of records that are all flat and alike; none where they are not."""
    if len(value) < 2 or not all(isinstance(each, dict) for each in value):
        return []
    names = dict.fromkeys(str(name) for record in value for name in record)
    flat = all(not isinstance(inner, dict | list) for record in value for inner in record.values())
    return list(names) if flat and 0 < len(names) <= _MOST_COLUMNS else []


def _said(value: Any) -> str:
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else squeeze(str(value))
