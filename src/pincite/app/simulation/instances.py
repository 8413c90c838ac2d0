"""A small instance of a JSON schema: what a model that keeps to the schema, and says nothing, would reply. Pure.

It knows what providers take of JSON Schema for structured replies and for the arguments of tools, not all of it.
"""

import math
from collections.abc import Mapping
from typing import Any, cast

Schema = Mapping[str, Any]
_DEEPEST = 20
_TEXT = "simulated"
_FORMATS = {
    "date": "2026-01-31",
    "time": "09:00:00Z",
    "date-time": "2026-01-31T09:00:00Z",
    "email": "somebody@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def instance_of(schema: Any, root: Schema | None = None, depth: int = 0) -> Any:
    """Return the smallest value that a schema allows: what it requires and nothing else; None where it is too deep."""
    if depth > _DEEPEST or not isinstance(schema, dict):
        return None
    told = cast("dict[str, Any]", schema)
    root = told if root is None else root
    if "$ref" in told:
        return instance_of(_referred(root, str(told["$ref"])), root, depth + 1)
    if "const" in told:
        return told["const"]
    if told.get("enum"):
        return told["enum"][0]
    if told.get("allOf"):
        return instance_of(_joined(told, root), root, depth + 1)
    for several in ("anyOf", "oneOf"):
        if told.get(several):
            return instance_of(told[several][0], root, depth + 1)
    return _of_type(told, root, depth)


def _of_type(told: Schema, root: Schema, depth: int) -> Any:
    named: Any = told.get("type", "object" if "properties" in told else "string")
    kinds = cast("list[str]", named) if isinstance(named, list) else [str(named)]
    match kinds[0] if kinds else "":
        case "object":
            properties = cast("dict[str, Any]", told.get("properties", {}))
            wanted = cast("list[str]", told.get("required", []))
            return {name: instance_of(properties.get(name, {}), root, depth + 1) for name in wanted}
        case "array":
            return [instance_of(told.get("items", {}), root, depth + 1) for _ in range(told.get("minItems", 0))]
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
    text += "." * (told.get("minLength", 0) - len(text))
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
