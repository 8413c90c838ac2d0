"""A small instance of a JSON schema: what a model that keeps to the schema, and says nothing, would reply. Pure.

It knows what providers take of JSON Schema for structured replies and for the arguments of tools, not all of it.
"""

import math
from collections.abc import Mapping
from typing import Any, cast

Schema = Mapping[str, Any]
_DEEPEST, _MOST_ITEMS, _MOST_CHARS = 20, 100, 10_000
_TEXT = "simulated"
_FORMATS = {
    "date": "2026-01-31",
    "time": "09:00:00Z",
    "date-time": "2026-01-31T09:00:00Z",
    "email": "somebody@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class UnusableSchema(Exception):
    """It is no JSON schema."""


def smallest(schema: Any) -> Any:
    """Return the smallest value that a schema allows: what it requires and nothing else. Raises: UnusableSchema."""
    try:
        return _instance(schema, {}, ())
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise UnusableSchema from error


def _instance(schema: Any, root: Schema, way: tuple[str, ...]) -> Any:
    """Return a value; None for what holds itself, or lies too deep. `way` are the names that were followed to it."""
    if len(way) > _DEEPEST or not isinstance(schema, dict):
        return None
    told = cast("dict[str, Any]", schema)
    root, deeper = (root or told), (*way, "")
    if "$ref" in told:
        name = str(told["$ref"])
        return None if name in way else _instance(_referred(root, name), root, (*way, name))
    if "const" in told:
        return told["const"]
    if told.get("enum"):
        return told["enum"][0]
    if told.get("allOf"):
        return _instance(_joined(told, root), root, deeper)
    for several in ("anyOf", "oneOf"):
        if told.get(several):
            return _instance(told[several][0], root, deeper)
    return _of_type(told, root, deeper)


def _of_type(told: Schema, root: Schema, way: tuple[str, ...]) -> Any:
    named: Any = told.get("type", "object" if "properties" in told else "string")
    kinds = cast("list[str]", named) if isinstance(named, list) else [str(named)]
    match kinds[0] if kinds else "":
        case "object":
            properties = cast("dict[str, Any]", told.get("properties", {}))
            wanted = cast("list[str]", told.get("required", []))
            return {name: _instance(properties.get(name, {}), root, way) for name in wanted}
        case "array":
            count = min(told.get("minItems", 0), _MOST_ITEMS)
            return [_instance(told.get("items", {}), root, way)] * count
        case "integer" | "number":
            return _number(told)
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return _text(told)


def _number(told: Schema) -> float:
    step = 1 if told.get("type") == "integer" else 1e-6
    least = max(told.get("minimum", -math.inf), told.get("exclusiveMinimum", -math.inf) + step)
    most = min(told.get("maximum", math.inf), told.get("exclusiveMaximum", math.inf) - step)
    return min(max(0, least), most)


def _text(told: Schema) -> str:
    text = _FORMATS.get(str(told.get("format")), _TEXT)
    text += "." * (min(told.get("minLength", 0), _MOST_CHARS) - len(text))
    return text[: told.get("maxLength", len(text))]


def _referred(root: Schema, name: str) -> Any:
    found: Any = root
    for part in name.removeprefix("#").strip("/").split("/"):
        if part:
            found = cast("dict[str, Any]", found).get(part) if isinstance(found, dict) else None
    return found


def _joined(told: Schema, root: Schema) -> Schema:
    """Return what several schemas ask for together, as far as they are objects."""
    joined: dict[str, Any] = {name: value for name, value in told.items() if name != "allOf"}
    for each in cast("list[Any]", told["allOf"]):
        part = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        part = cast("dict[str, Any]", _referred(root, str(part["$ref"])) or {}) if "$ref" in part else part
        for name, value in part.items():
            if name == "properties":
                joined[name] = {**joined.get(name, {}), **value}
            elif name == "required":
                joined[name] = [*joined.get(name, []), *value]
            else:
                joined.setdefault(name, value)
    return joined
