"""Reads what directories send, in the dialects that they have: names of attributes in any case, booleans as words.

A resource becomes a flat mapping from the paths that are kept here to values; PATCH changes that mapping, and what
comes out is put as if it had come whole. Attributes of SCIM that Pincite does not keep are left out, unknown ones
refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pincite.accounts.domain import printable
from pincite.accounts.scim.domain import NAMES, GroupFacts, ScimGroup, ScimRefused, ScimUser, UserFacts
from pincite.accounts.scim.filters import holds, parse, plain_path

Flat = dict[str, Any]
MOST_OPERATIONS = 1000
MOST_MEMBERS = 10_000
_LONGEST = 320
_SHORTER = {"externalid": 255, "name.givenname": 100, "name.familyname": 100}
_USER_PATHS = frozenset({
    "username", "externalid", "displayname", "name.formatted", "name.givenname", "name.familyname", "active", "emails",
    "roles",
})  # fmt: skip
_GROUP_PATHS = frozenset({"displayname", "externalid", "members"})
_NOT_KEPT = frozenset({
    "schemas", "id", "meta", "groups", "password", "nickname", "profileurl", "title", "usertype", "preferredlanguage",
    "locale", "timezone", "phonenumbers", "ims", "photos", "addresses", "entitlements", "x509certificates", "name",
})  # fmt: skip
_CORE = "urn:ietf:params:scim:schemas:core:"
_SELECTED = re.compile(r"(?P<list>[a-z]+)(?:\[(?P<where>.*)\])?(?:\.(?P<part>[a-z]+))?", re.DOTALL | re.IGNORECASE)
_PREFIX = re.compile(r"^urn:ietf:params:scim:schemas:[\w:.]+:", re.IGNORECASE)
_LISTS = frozenset({"emails", "roles", "members"})


def user_facts(body: Mapping[str, Any]) -> UserFacts:
    """Read a whole user. Raises: ScimRefused."""
    return _user_of(dict(_flattened(body, _USER_PATHS)))


def group_facts(body: Mapping[str, Any]) -> GroupFacts:
    """Read a whole group. Raises: ScimRefused."""
    return _group_of(dict(_flattened(body, _GROUP_PATHS)))


def patched_user(known: ScimUser, body: Mapping[str, Any]) -> UserFacts:
    """Return what is to be of a user after a PATCH. Raises: ScimRefused."""
    flat: Flat = {
        "username": known.user_name,
        "externalid": known.external_id,
        "displayname": known.user.name,
        "name.givenname": known.given_name,
        "name.familyname": known.family_name,
        "emails": [{"value": known.user.email, "type": "work"}] if known.user.email else [],
    }
    of_parts = known.user.name == _whole(known.given_name, known.family_name)
    _patch(flat, body, _USER_PATHS)
    if flat.get("displayname") == known.user.name and (of_parts or flat.get("name.formatted")):
        flat["displayname"] = None  # it was never said: it follows what it was made of
    return _user_of(flat)


def patched_group(known: ScimGroup, body: Mapping[str, Any]) -> GroupFacts:
    """Return what is to be of a group after a PATCH. Raises: ScimRefused."""
    members = [{"value": each} for each in sorted(known.group.members)]
    flat: Flat = {"displayname": known.group.name, "externalid": known.external_id, "members": members}
    _patch(flat, body, _GROUP_PATHS)
    return _group_of(flat)


def _flattened(body: Mapping[str, Any], known: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yield paths and values of a resource, or of a part of one."""
    for name, value in body.items():
        path = plain_path(name)
        if _is_of_others(name):
            continue
        if path in known:
            yield path, value
        elif path == "name" and "name.formatted" in known:
            for part, inner in _mapping({} if value is None else value, "name").items():
                yield f"name.{part.lower()}", inner
        elif path not in _NOT_KEPT and not path.startswith("name."):
            raise ScimRefused(f"There is no attribute {name[:60]!r}.", scim_type="invalidPath")


def _is_of_others(path: str) -> bool:
    """Say whether an attribute is of a schema that is not kept, whatever it is called there."""
    return path.lower().startswith("urn:") and not path.lower().startswith(_CORE)


def _patch(flat: Flat, body: Mapping[str, Any], known: frozenset[str]) -> None:
    given = {key.lower(): value for key, value in body.items()}
    operations = given.get("operations")
    if not isinstance(operations, list) or not 1 <= len(cast("list[Any]", operations)) <= MOST_OPERATIONS:
        raise ScimRefused(f"A PATCH has 1 to {MOST_OPERATIONS:,} Operations.", scim_type="invalidSyntax")
    for each in cast("list[Any]", operations):
        operation = {key.lower(): value for key, value in _mapping(each, "Operations").items()}
        how, path, value = operation.get("op"), operation.get("path"), operation.get("value")
        if not isinstance(how, str) or how.lower() not in {"add", "replace", "remove"}:
            raise ScimRefused("An operation is add, replace or remove.", scim_type="invalidSyntax")
        if path is not None and (not isinstance(path, str) or len(path) > 1000):
            raise ScimRefused("A path is a text.", scim_type="invalidPath")
        if path:
            _apply(flat, how.lower(), path, value, known)
        elif how.lower() == "remove":
            raise ScimRefused("What is removed needs a path.", scim_type="noTarget")
        else:
            for name, inner in _mapping(value, "value").items():
                _apply(flat, how.lower(), name, inner, known)


def _apply(flat: Flat, how: str, path: str, value: Any, known: frozenset[str]) -> None:
    if _is_of_others(path):
        return
    plain = plain_path(path)
    found = _SELECTED.fullmatch(_PREFIX.sub("", path))
    name = found["list"].lower() if found else ""
    if found and name in _LISTS & known and plain != name:
        _apply_within(flat, how, name, (found["where"], (found["part"] or "value").lower(), value))
        return
    if plain == "name":
        gone = {"formatted": None, "givenName": None, "familyName": None}
        for inner, each in _flattened({"name": gone if how == "remove" or value is None else value}, known):
            _apply(flat, how, inner, each, known)
    elif plain in _LISTS & known:
        _apply_list(flat, how, plain, value)
    elif plain in known:
        flat[plain] = None if how == "remove" else _alone(value)
    elif plain.split(".")[0].split("[")[0] not in _NOT_KEPT:
        raise ScimRefused(f"There is no attribute {path[:60]!r}.", scim_type="invalidPath")


def _apply_list(flat: Flat, how: str, name: str, value: Any) -> None:
    """Change a whole list: what is added comes to what is there, what is removed may be named; nobody is by `[]`."""
    there, given = _entries(flat.get(name) or []), _entries(value)
    if how == "replace":
        flat[name] = given
    elif how == "add":
        flat[name] = [*given, *there]
    else:
        named = {found for each in given if isinstance(found := each.get("value"), str)}
        flat[name] = [each for each in there if value is not None and each.get("value") not in named]


def _apply_within(flat: Flat, how: str, name: str, change: tuple[str | None, str, Any]) -> None:
    """Change what a filter within a path selects: `members[value eq "..."]`, `emails[type eq "work"].value`."""
    where, part, value = change
    there = _entries(flat.get(name) or [])
    if name == "members":
        wanted = _value_of(where)
        if how != "remove":
            raise ScimRefused("A member is added or removed as a whole.", scim_type="invalidPath")
        flat[name] = [each for each in there if each.get("value") != wanted]
    elif part == "value" and (name != "emails" or _is_kept(where, there)):
        flat[name] = [] if how == "remove" else _entries(value)


def _is_kept(where: str | None, emails: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether the one address that is kept is meant, and not one beside it that is left out."""
    kept = {"type": "work", "primary": True, "value": _chosen(emails).get("value")}
    return where is None or holds(parse(where), kept)


def _chosen(emails: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the entry whose address is kept: the primary one, else one for work."""

    def rank(each: Mapping[str, Any]) -> int:
        if _boolean(each.get("primary") or False):
            return 0
        return 1 if str(each.get("type") or "work").lower() == "work" else 2

    nothing: Mapping[str, Any] = {}
    return min(emails, key=rank, default=nothing)


def _alone(value: object) -> object:
    """Return a value without the list around it in which older directories send one: `[{"value": ...}]`."""
    given, listed = value, cast("list[object]", value) if isinstance(value, list) else []
    only = cast("dict[str, object]", listed[0]) if len(listed) == 1 and isinstance(listed[0], dict) else {}
    return only.get("value", given)


def _value_of(where: str | None) -> str:
    found = parse(where or "")
    if getattr(found, "attribute", None) != "value" or getattr(found, "how", None) != "eq":
        raise ScimRefused('A member is named as members[value eq "..."].', scim_type="invalidPath")
    return str(getattr(found, "value", ""))


def _entries(value: Any) -> list[Mapping[str, Any]]:
    """Return the entries of a list, which may be one alone, or values without what is around them."""
    listed = cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
    if len(listed) > MOST_MEMBERS:
        raise ScimRefused(f"A list has at most {MOST_MEMBERS:,} entries.", scim_type="tooMany")
    entries = [{"value": each} if isinstance(each, str) else _mapping(each, "a list") for each in listed]
    return [{key.lower(): inner for key, inner in each.items()} for each in entries]


def _user_of(flat: Flat) -> UserFacts:
    emails, roles = _entries(flat.get("emails")), _entries(flat.get("roles"))
    name = _text(flat, "username")
    if name is None:
        raise ScimRefused("A user has a userName.")
    given, family = _text(flat, "name.givenname"), _text(flat, "name.familyname")
    return UserFacts(
        user_name=name,
        display=_text(flat, "displayname") or _text(flat, "name.formatted") or _whole(given, family),
        given_name=given,
        family_name=family,
        external_id=_text(flat, "externalid"),
        email=_text(dict(_chosen(emails)), "value"),
        active=None if flat.get("active") is None else _boolean(flat["active"]),
        role=_text(dict(roles[0]), "value") if roles else None,
    )


def _whole(given: str | None, family: str | None) -> str | None:
    """Return the name that two parts make."""
    return " ".join(each for each in (given, family) if each) or None


def _group_of(flat: Flat) -> GroupFacts:
    name = _text(flat, "displayname")
    if name is None:
        raise ScimRefused("A group has a displayName.")
    members = [_text(dict(each), "value") for each in _entries(flat.get("members"))]
    return GroupFacts(name, _text(flat, "externalid"), frozenset(each for each in members if each is not None))


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ScimRefused(f"In {where} an object is missing.", scim_type="invalidSyntax")
    return cast("dict[str, Any]", value)


def _text(flat: Flat, name: str) -> str | None:
    value = flat.get(name)
    if value is None or value == "":
        return None
    if name in NAMES and isinstance(value, str):
        value = printable(value)
    longest = _SHORTER.get(name, _LONGEST)
    is_text = isinstance(value, str) and value.isprintable() and bool(value.strip())
    if not is_text or max(len(value), len(value.lower())) > longest:
        raise ScimRefused(f"{name} is no text of 1 to {longest} characters.")
    return value.strip()


def _boolean(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ScimRefused("active and primary are true or false.")
    return value
