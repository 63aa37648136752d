"""The client's dataclasses say what the API's description says, so that neither drifts from the other."""

from __future__ import annotations

import inspect
import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

import vietnam_tourism
import vietnam_tourism as client

ANSWERS = {
    client.Search: "Query",
    client.Batch: "Batch",
    client.Found: "FoundByWords",
    client.Landmark: "Landmark",
    client.LandmarkRecord: "LandmarkDetail",
    client.Image: "LandmarkImage",
    client.Province: "Province",
    client.ProvinceRecord: "ProvinceRecord",
    client.Category: "Category",
    client.Changes: "Changes",
    client.Export: "Export",
    client.FieldError: "FieldError",
}
# Told as JSON has it, and read by `Change.read`.
AS_IT_CAME = {("Change", "record")}


@cache
def schemas() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]


def faults(kind: Any, name: str) -> list[str]:
    """What a dataclass says otherwise than the component of a name."""
    found = []
    properties = schemas()[name]["properties"]
    for field, hint in _hints(kind).items():
        where = f"{kind.__name__}.{field}"
        if (name, field) in AS_IT_CAME:
            continue
        if field not in properties:
            found.append(f"{where} is not in {name}")
        elif differs := difference(hint, properties[field]):
            found.append(f"{where}: {differs}")
    return found


def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def difference(hint: Any, schema: dict[str, Any]) -> str:
    """Why a hint does not hold what a schema allows; empty where it does. It may allow None beyond that."""
    said, may_be_null = resolved(schema)
    takes_none = typing.get_origin(hint) is types.UnionType and type(None) in typing.get_args(hint)
    if may_be_null and not takes_none:
        return "may be null"
    if takes_none:
        [hint] = [each for each in typing.get_args(hint) if each is not type(None)]
    if typing.get_origin(hint) is list:
        items = said.get("items")
        return (
            difference(typing.get_args(hint)[0], items)
            if items
            else f"is no list but {said.get('type') or said}"
        )
    if is_dataclass(hint):
        return "; ".join(faults(hint, said["name"])) if "name" in said else f"is no {hint.__name__}"
    wanted = {"integer": int, "number": float, "boolean": bool}.get(said.get("type", ""), str)
    if said.get("format") == "date-time":
        wanted = datetime
    return "" if hint is wanted else f"is {wanted.__name__}, not {hint.__name__}"


def resolved(schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """A schema without its references and alternatives, and whether it may be null."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        inner, may_be_null = resolved(schemas()[name])
        return inner | ({"name": name} if "properties" in schemas()[name] else {}), may_be_null
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            parts = [resolved(part) for part in schema[key] if part.get("type") != "null"]
            is_null = any(part.get("type") == "null" for part in schema[key])
            return parts[0][0], is_null or any(null for _part, null in parts)
    kind = schema.get("type")
    if isinstance(kind, list):
        rest = [each for each in kind if each != "null"]
        return schema | {"type": rest[0]}, "null" in kind
    return schema, None in schema.get("enum", [])


@pytest.mark.parametrize(("kind", "name"), ANSWERS.items(), ids=[kind.__name__ for kind in ANSWERS])
def test_every_field_is_in_the_description_with_its_type(kind, name):
    assert faults(kind, name) == []


def test_every_answer_that_the_client_knows_is_compared():
    compared: set[type] = set()

    def gather(kind: Any) -> None:
        for hint in typing.get_args(kind):
            gather(hint)
        if isinstance(kind, type) and is_dataclass(kind) and kind not in compared:
            compared.add(kind)
            for hint in _hints(kind).values():
                gather(hint)

    for kind in ANSWERS:
        gather(kind)
    known = {each for each in vars(client).values() if isinstance(each, type) and is_dataclass(each)}
    assert known - compared == {client.Message, client.LandmarkFacts, client.SearchFacts}


def test_a_field_that_drifts_is_found():
    @dataclass(frozen=True)
    class Drifted:
        slug: int
        latitude: float
        nickname: str

    assert faults(Drifted, "Landmark") == [
        "Drifted.slug: is str, not int",
        "Drifted.latitude: may be null",
        "Drifted.nickname is not in Landmark",
    ]


def parameters(operation: dict[str, Any]) -> set[str]:
    """What an operation takes in its address, but for what pages and languages are told by."""
    return {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}


def taken(method: Any) -> set[str]:
    """The keywords of one of the client's methods."""
    said = inspect.signature(method).parameters.values()
    return {each.name for each in said if each.kind is inspect.Parameter.KEYWORD_ONLY} - {"patience"}


def test_every_question_can_be_asked_as_the_description_says():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    known = vietnam_tourism.Client
    for method, path in (
        (known.landmarks, "landmarks/"),
        (known.images, "images/"),
        (known.by_words, "searches/by-words/"),
        (known.nearby, "landmarks/{slug}/nearby/"),
    ):
        assert taken(method) <= parameters(paths[f"/api/v1/{path}"]["get"]), path
    assert taken(known.search) <= set(schemas()["AskRequest"]["properties"])
    assert taken(known.batch) <= set(schemas()["AskBatchRequest"]["properties"])
