"""How an HTTP door may grow, and what the gate stops."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from shared.contracts.changelog import unnamed
from shared.contracts.corpus import SCHEMAS
from shared.contracts.http import breaks, changed

Change = Callable[[dict[str, Any]], Any]
POST = "POST /v1/things"
DOOR: dict[str, Any] = {
    "paths": {
        "/v1/things": {
            "post": {
                "summary": "Tell one",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 500}},
                    {"name": "key", "in": "header", "schema": {"type": "string"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {
                    "202": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}}
                },
            },
            "get": {"responses": {"200": {}}},
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "channel": {"type": "string", "enum": ["a", "b"]},
                },
            },
            "Answer": {
                "type": "object",
                "required": ["outcome"],
                "properties": {
                    "outcome": {"type": "string", "enum": ["recorded", "known"]},
                    "title": {"type": "string", "description": "a field, not a word that explains"},
                },
            },
        }
    },
}


def post(door: dict[str, Any]) -> Any:
    return door["paths"]["/v1/things"]["post"]


def part(door: dict[str, Any], name: str) -> Any:
    return door["components"]["schemas"][name]


def after(change: Change) -> dict[str, Any]:
    door = copy.deepcopy(DOOR)
    change(door)
    return door


@pytest.mark.parametrize(
    "change",
    [
        lambda door: door["paths"].update({"/v1/more": {"get": {"responses": {"200": {}}}}}),
        lambda door: post(door)["parameters"].append({"name": "more", "in": "query", "schema": {"type": "string"}}),
        lambda door: post(door)["parameters"][0]["schema"].update(maximum=1000),
        lambda door: post(door)["responses"].update({"429": {}}),
        lambda door: part(door, "Thing")["properties"].update(more={"type": "string"}),
        lambda door: part(door, "Thing").update(required=[]),
        lambda door: part(door, "Thing")["properties"]["channel"]["enum"].append("c"),
        lambda door: part(door, "Answer")["properties"].update(more={"type": "string"}),
        lambda door: part(door, "Answer")["required"].append("title"),
        lambda door: part(door, "Answer")["properties"]["outcome"]["enum"].remove("known"),
    ],
)
def test_a_door_may_grow_and_what_it_grows_by_is_named(change: Change) -> None:
    assert breaks(DOOR, after(change)) == []
    assert len(changed(DOOR, after(change))) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda door: door["paths"].clear(), f"{POST}: is gone"),
        (lambda door: door["paths"]["/v1/things"].pop("post"), f"{POST}: is gone"),
        (lambda door: post(door)["parameters"].pop(0), f"{POST}: query limit: is gone"),
        (lambda door: post(door)["parameters"][1].update(required=True), f"{POST}: header key: is required"),
        (
            lambda door: post(door)["parameters"].append({"name": "more", "in": "query", "required": True}),
            f"{POST}: query more: is required",
        ),
        (
            lambda door: post(door)["parameters"][0]["schema"].update(maximum=100),
            f"{POST}: query limit.: maximum is 100, not 500",
        ),
        (lambda door: post(door)["requestBody"].update(required=True), f"{POST}: body: is required"),
        (lambda door: post(door)["requestBody"].update(content={}), f"{POST}: body application/json: is gone"),
        (
            lambda door: part(door, "Thing")["required"].append("channel"),
            f"{POST}: body.channel: is required",
        ),
        (
            lambda door: part(door, "Thing")["properties"]["channel"]["enum"].remove("b"),
            f"{POST}: body.channel: a value is not allowed",
        ),
        (
            lambda door: part(door, "Thing")["properties"]["name"].update(type="integer"),
            f"{POST}: body.name: type string is not integer",
        ),
        (lambda door: post(door)["responses"].clear(), f"{POST}: answer 202: is gone"),
        (
            lambda door: part(door, "Answer")["properties"].pop("title"),
            f"{POST}: answer 202.title: is gone",
        ),
        (
            lambda door: part(door, "Answer")["required"].clear(),
            f"{POST}: answer 202.outcome: is required",
        ),
        (
            lambda door: part(door, "Answer")["properties"]["outcome"]["enum"].append("parked"),
            f"{POST}: answer 202.outcome: a value is not allowed",
        ),
    ],
)
def test_what_a_caller_would_notice_is_stopped(change: Change, why: str) -> None:
    assert why in breaks(DOOR, after(change))


def test_words_that_only_explain_change_nothing() -> None:
    assert changed(DOOR, after(lambda door: post(door).update(summary="Tell a thing"))) == []
    renamed = after(lambda door: part(door, "Answer")["properties"].pop("title"))
    assert changed(DOOR, renamed) == [POST]


def test_the_changelog_names_each_new_version_and_its_fields() -> None:
    lot = {SCHEMAS / "lot.adjusted" / "1.1.json"}
    fields = "`damaged`, `withdrawn`, `expired`, `opened`, `kit_line_no`"
    assert unnamed(f"`lot.adjusted` **1.1**: {fields}", lot) == unnamed("", set())
    missing = unnamed("`lot.adjusted` **1.0** has `damaged`, `expired`, `opened`, `kit_line_no`", lot)
    assert missing[:2] == ["`lot.adjusted` **1.1**", "`withdrawn` of lot.adjusted 1.1"]
