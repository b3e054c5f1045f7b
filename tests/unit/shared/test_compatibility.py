"""What may change within a major, and what the gate stops."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, create_model

from shared.contracts.compatibility import breaks
from tests.support.texts import texts

Field_ = tuple[Any, Any]


def schema(**fields: Field_) -> dict[str, Any]:
    """A message with these fields, and one more."""
    model: type[BaseModel] = create_model("Message", reference=(str, ...), **fields)  # type: ignore[call-overload]
    return model.model_json_schema()


def field(kind: Any, default: Any = ..., **rules: Any) -> Field_:
    return Annotated[kind, Field(**rules)], default


class Part(BaseModel):
    sku: str


class GrownPart(Part):
    note: str = ""


class StrictPart(Part):
    note: str


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (field(str), field(str)),
        (field(int, ge=1, le=9), field(int, ge=0, le=10)),
        (field(int), field(float)),
        (field(str, max_length=5), field(str)),
        (field(str, pattern="^a$"), field(str)),
        (field(Literal["a"]), field(Literal["a", "b"])),
        (field(str), field(str | None)),
        (field(str), field(str, "")),
        (field(list[Part]), field(list[GrownPart])),
        (field(Part), field(GrownPart | None, None)),
    ],
)
def test_what_is_submitted_may_become_wider(old: Field_, new: Field_) -> None:
    assert breaks(schema(a=old), schema(a=new), is_told=False) == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (field(str), field(int), ".a: type string is not integer"),
        (field(int, ge=1), field(int, ge=2), ".a: minimum is 2, not 1"),
        (field(int), field(int, lt=2), ".a: exclusiveMaximum is 2, not None"),
        (field(str, max_length=5), field(str, max_length=4), ".a: maxLength is 4, not 5"),
        (field(str, pattern="^a$"), field(str, pattern="^b$"), ".a: pattern differs"),
        (field(Literal["a", "b"]), field(Literal["a"]), ".a: a value is not allowed"),
        (field(str), field(Literal["a"]), ".a: a value is not allowed"),
        (field(str | None), field(str), ".a: type null is not string"),
        (field(str, ""), field(str), ".a: is required"),
        (field(str, "x"), field(str, "y"), ".a: the default changed"),
        (field(list[Part]), field(list[StrictPart]), ".a[].note: is required"),
        (field(list[GrownPart]), field(list[Part]), ".a[].note: is gone"),
    ],
)
def test_what_is_submitted_never_becomes_narrower(old: Field_, new: Field_, why: str) -> None:
    assert why in breaks(schema(a=old), schema(a=new), is_told=False)


def test_a_new_field_must_be_optional() -> None:
    assert breaks(schema(), schema(a=field(str, "")), is_told=False) == []
    assert breaks(schema(), schema(a=field(str)), is_told=False) == [".a: is required"]
    assert breaks(schema(a=field(str, "")), schema(), is_told=False) == [".a: is gone"]


def test_what_is_told_must_not_surprise_its_readers() -> None:
    assert breaks(schema(), schema(a=field(str, "")), is_told=True) == []
    wider = breaks(schema(a=field(Literal["a"])), schema(a=field(Literal["a", "b"])), is_told=True)
    assert wider == [".a: a value is not allowed (to readers of the old one)"]
    maybe = breaks(schema(a=field(str)), schema(a=field(str | None, None)), is_told=True)
    assert len(maybe) == 2


RULES = st.fixed_dictionaries(
    {},
    optional={
        "ge": st.integers(0, 3),
        "le": st.integers(3, 6),
    },
)
KINDS = st.one_of(
    RULES.map(lambda rules: field(int, **rules)),
    RULES.map(lambda rules: field(int | None, None, **rules)),
    st.sets(st.integers(0, 4), min_size=1).map(lambda values: field(Literal[tuple(sorted(values))])),
    st.just(field(str)),
)


@given(old=KINDS, new=KINDS, value=st.one_of(st.integers(-1, 7), st.none(), texts(max_size=2)))
def test_what_the_old_accepts_the_new_accepts_when_the_gate_is_open(old: Field_, new: Field_, value: Any) -> None:
    before, after = schema(a=old), schema(a=new)
    body = {"reference": "x", "a": value}
    if not breaks(before, after, is_told=False) and Draft202012Validator(before).is_valid(body):
        Draft202012Validator(after).validate(body)
