"""The short way through aiormq puts the same bytes on the wire as the general one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic

from shared.messaging.channel import TextProperties

NAMES = st.text(max_size=30)


@given(st.dictionaries(NAMES, st.text(max_size=400), min_size=1), NAMES)
def test_text_properties_are_the_bytes_of_any_properties(headers: dict[str, str], message_id: str) -> None:
    told = {"content_type": "application/json", "delivery_mode": 2, "message_id": message_id}
    quick = TextProperties(headers=headers, **told).marshal()  # type: ignore[arg-type]
    in_general = Basic.Properties(headers=dict(sorted(headers.items())), **told).marshal()  # type: ignore[arg-type]
    read, expected = Basic.Properties(), Basic.Properties()
    for properties, wire in ((read, quick), (expected, in_general)):
        properties.unmarshal(int.from_bytes(wire[:2], "big"), wire[2:])
    assert read == expected
    assert read.headers == headers
