"""How users, groups, lists and what this server can do look on the wire (RFC 7643, RFC 7644). Pure translation.

What is read from the wire is in `reading.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pincite.accounts.domain import Role
from pincite.accounts.scim.domain import MOST_RESULTS, Found, ScimGroup, ScimUser, Wanted

BASE = "/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
_ALWAYS = frozenset({"schemas", "id"})
Json = dict[str, Any]


def user_body(each: ScimUser) -> Json:
    """Return a user."""
    user = each.user
    name = {"formatted": user.name, "givenName": each.given_name, "familyName": each.family_name}
    return {
        "schemas": [USER],
        "id": user.id,
        **({"externalId": each.external_id} if each.external_id else {}),
        "userName": each.user_name,
        "name": {key: value for key, value in name.items() if value},
        "displayName": user.name,
        "active": not user.disabled,
        **({"emails": [{"value": user.email, "type": "work"}]} if user.email else {}),
        "groups": [
            {"value": key, "display": shown, "$ref": f"{BASE}/Groups/{key}", "type": "direct"}
            for key, shown in each.group_names
        ],
        "roles": [{"value": str(min(map(Role, user.roles), key=list(Role).index))}],
        "meta": _meta("User", f"Users/{user.id}", each.created_at, each.changed_at),
    }


def group_body(each: ScimGroup) -> Json:
    """Return a group."""
    return {
        "schemas": [GROUP],
        "id": each.group.id,
        **({"externalId": each.external_id} if each.external_id else {}),
        "displayName": each.group.name,
        "members": [
            {"value": key, "display": shown, "$ref": f"{BASE}/Users/{key}", "type": "User"} for key, shown in each.names
        ],
        "meta": _meta("Group", f"Groups/{each.group.id}", each.created_at, each.changed_at),
    }


def body_of(each: ScimUser | ScimGroup) -> Json:
    """Return a user or a group."""
    return user_body(each) if isinstance(each, ScimUser) else group_body(each)


def list_body(found: Found, wanted: Wanted, only: Collection[str], but: Collection[str]) -> Json:
    """Return a page of a list."""
    return _listed([shown(body_of(each), only, but) for each in found.items], found.total, wanted.start)


def shown(body: Json, only: Collection[str], but: Collection[str]) -> Json:
    """Return a resource with the attributes that are wanted, which are named in lower case."""
    return {
        name: value
        for name, value in body.items()
        if name in _ALWAYS or ((not only or name.lower() in only) and name.lower() not in but)
    }


def provider_config() -> Json:
    """Return what this server can do."""
    no = {"supported": False}
    return {
        "schemas": [f"{_CORE}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST_RESULTS},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "API key",
                "description": "An API key with the permission `scim`, sent as a bearer token.",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{BASE}/ServiceProviderConfig"},
    }


def resource_types() -> Json:
    """Return what kinds of resources there are."""
    return _listed(list(_TYPES.values()), len(_TYPES), 1)


def resource_type(name: str) -> Json | None:
    """Return a kind of resources."""
    return _TYPES.get(name)


def schemas() -> Json:
    """Return what attributes resources have."""
    return _listed(list(_SCHEMAS.values()), len(_SCHEMAS), 1)


def schema(urn: str) -> Json | None:
    """Return what attributes a kind of resources has."""
    return _SCHEMAS.get(urn)


def _listed(items: Sequence[Json], total: int, start: int) -> Json:
    return {
        "schemas": [_LIST],
        "totalResults": total,
        "itemsPerPage": len(items),
        "startIndex": start,
        "Resources": list(items),
    }


def _meta(kind: str, place: str, created: datetime, changed: datetime) -> Json:
    times = {"created": created, "lastModified": changed}
    written = {name: at.astimezone(UTC).isoformat(timespec="milliseconds") for name, at in times.items()}
    return {"resourceType": kind, **written, "location": f"{BASE}/{place}"}


def _attribute(name: str, about: str, **more: Any) -> Json:
    usual: Json = {
        "name": name,
        "type": "string",
        "multiValued": False,
        "description": about,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }
    return usual | more


def _complex(name: str, about: str, parts: Sequence[Json], **more: Any) -> Json:
    made = _attribute(name, about, type="complex", subAttributes=list(parts), **more)
    return {key: value for key, value in made.items() if key not in {"caseExact", "uniqueness"}}


def _reference(mutability: str, kind: str) -> list[Json]:
    return [
        _attribute("value", "The id.", mutability=mutability, caseExact=True),
        _attribute("display", "The name.", mutability="readOnly"),
        _attribute("$ref", "Where it is.", type="reference", referenceTypes=[kind], mutability=mutability),
        _attribute("type", "What it is.", mutability="readOnly"),
    ]


def _schema(urn: str, name: str, about: str, attributes: Sequence[Json]) -> Json:
    place = {"resourceType": "Schema", "location": f"{BASE}/Schemas/{urn}"}
    core = [f"{_CORE}Schema"]
    return {
        "schemas": core,
        "id": urn,
        "name": name,
        "description": about,
        "attributes": list(attributes),
        "meta": place,
    }


def _type(name: str, urn: str) -> Json:
    place = {"resourceType": "ResourceType", "location": f"{BASE}/ResourceTypes/{name}"}
    core = [f"{_CORE}ResourceType"]
    return {"schemas": core, "id": name, "name": name, "endpoint": f"/{name}s", "schema": urn, "meta": place}


_USER_ATTRIBUTES = (
    _attribute("userName", "What the directory calls them; unique in the tenant.", required=True, uniqueness="server"),
    _complex(
        "name",
        "Their name.",
        [
            _attribute("formatted", "All of it."),
            _attribute("givenName", "The given name."),
            _attribute("familyName", "The family name."),
        ],
    ),
    _attribute("displayName", "What they are called here."),
    _attribute("active", "False signs them out everywhere and refuses them.", type="boolean"),
    _complex(
        "emails",
        "Their one address; unique in the installation.",
        [
            _attribute("value", "The address."),
            _attribute("type", "Always work.", canonicalValues=["work"]),
        ],
        multiValued=True,
    ),
    _complex(
        "groups",
        "The groups that they are in.",
        _reference("readOnly", "Group"),
        multiValued=True,
        mutability="readOnly",
    ),
    _complex(
        "roles",
        "Their one role: viewer, editor or auditor.",
        [
            _attribute("value", "The role.", canonicalValues=["viewer", "editor", "auditor"]),
        ],
        multiValued=True,
    ),
)
_GROUP_ATTRIBUTES = (
    _attribute("displayName", "The group's name; unique in the tenant.", required=True, uniqueness="server"),
    _complex("members", "Who is in it.", _reference("immutable", "User"), multiValued=True),
)
_SCHEMAS: Mapping[str, Json] = {
    USER: _schema(USER, "User", "Somebody who can sign in.", _USER_ATTRIBUTES),
    GROUP: _schema(GROUP, "Group", "People who are granted things together.", _GROUP_ATTRIBUTES),
}
_TYPES: Mapping[str, Json] = {"User": _type("User", USER), "Group": _type("Group", GROUP)}
