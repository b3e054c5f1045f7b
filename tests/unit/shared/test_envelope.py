"""An event is read as it was sent, and nothing is invented for it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from shared.contracts import envelope

OUT = envelope.Outgoing(
    event_id=UUID(int=7),
    type="purchase.recorded.v1",
    tenant="3276",
    aggregate="purchase-1",
    version=3,
    correlation_id="purchase-1",
    occurred_at=datetime(2021, 7, 22, 3, 5, tzinfo=UTC),
    body=b'{"a": 1}',
)


def test_what_is_sent_in_binary_mode_is_read_again() -> None:
    got = envelope.read(OUT.headers("/peduli/purchases"), "application/json", OUT.body, OUT.routing_key)
    assert (got.event_id, got.type, got.version, got.data) == (str(OUT.event_id), OUT.type, 3, {"a": 1})
    assert got.identity == f"3276|/peduli/purchases|{OUT.event_id}"
    assert OUT.routing_key == "3276.purchase.recorded.v1"


@pytest.mark.parametrize("parameter", ["", "; charset=UTF-8", " ;charset=utf-8;x=1"])
def test_structured_mode_is_read_whatever_stands_behind_its_media_type(parameter: str) -> None:
    body = orjson.dumps({"specversion": "1.0", "id": "x", "type": "t", "source": "/s", "data": {"a": 1}})
    for media_type in (envelope.STRUCTURED, "Application/CloudEvents+JSON"):
        assert envelope.read({}, media_type + parameter, body, "3276.t").data == {"a": 1}


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"[]", b'{"a": NaN}', b'{"a": 1e400}', b"1", b'"' + b"x" * 65536 + b'"']
)
def test_a_poison_body_is_refused(body: bytes) -> None:
    with pytest.raises(envelope.EnvelopeError):
        envelope.read(OUT.headers("/s"), None, body, "3276.t")


@pytest.mark.parametrize("missing", ["ce-id", "ce-type", "ce-source", "ce-specversion"])
def test_a_missing_attribute_is_refused_and_not_invented(missing: str) -> None:
    headers = {k: v for k, v in OUT.headers("/s").items() if k != missing}
    with pytest.raises(envelope.EnvelopeError, match=missing):
        envelope.read(headers, None, OUT.body, OUT.routing_key)


def test_the_city_is_that_of_the_routing_key_and_nothing_may_say_otherwise() -> None:
    headers = {k: v for k, v in OUT.headers("/s").items() if k != "ce-tenant"}
    assert envelope.read(headers, None, OUT.body, "3273.purchase.recorded.v1").tenant == "3273"
    with pytest.raises(envelope.TenantError):
        envelope.read(OUT.headers("/s"), None, OUT.body, "3273.purchase.recorded.v1")
    body = orjson.dumps({"specversion": "1.0", "id": "x", "type": "t", "source": "/s", "tenant": "3276", "data": {}})
    with pytest.raises(envelope.TenantError):
        envelope.read({}, envelope.STRUCTURED, body, "3273.t")
