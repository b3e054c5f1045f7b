"""Any order, duplication and batching of the same events gives byte-equal tables, on a real Postgres."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.reporting.cli import differences
from shared.contracts.envelope import Envelope
from tests.support.projecting import (
    BOTH,
    bought,
    counted,
    event,
    facts_of,
    flat,
    isolating,
    key,
    packet,
    pledged,
    refused,
    released,
    spoilt,
    voided,
)
from tests.support.servers import World

STEPS = ("assigned", "accepted", "failed", "assigned", "accepted", "delivered")
ENDS = (
    ("assigned", "accepted", "handed_over", "delivered"),
    ("assigned", "accepted", "failed", "returned"),
    ("assigned", "recalled"),
    ("assigned", "accepted", "recalled", "returned"),
)
purchase = st.tuples(
    st.sampled_from(["32.76.DKUM", "32.76.06"]), st.sampled_from(["BERAS-5KG", "TELUR-1KG"]), st.integers(1, 5),
    st.integers(1, 30), st.sampled_from(["donation", "own_use"]),
)  # fmt: skip
histories = st.lists(st.tuples(st.lists(purchase, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=4)


def told(name: str, version: int, drawn: tuple[Any, ...]) -> Envelope:
    unit, sku, pieces, day, purpose = drawn
    return bought(
        name,
        version,
        unit_code=unit,
        purpose=purpose,
        lines=[{"line_no": 1, "sku": sku, "quantity": pieces, "unit_price_idr": 1000}],
        total_idr=pieces * 1000,
        buyer_key=f"b{pieces % 2}",
        posts=[{"url_hash": "h", "hashtags": BOTH[: day % 3], "posted_at": None, "by": "unit" if day % 2 else "asn"}],
        purchased_at=f"2021-07-{day:02}T16:30:00+00:00",
    )


def life(number: int, versions: list[tuple[Any, ...]], is_voided: bool) -> list[list[Envelope]]:
    """A purchase, a packet of it that fails once and two more, its household, its lot, a pledge and a refusal."""
    name, home = f"p{number}", f"h{number}"
    history = [told(name, version, drawn) for version, drawn in enumerate(versions, 1)]
    if is_voided:
        history.append(voided(name, len(history) + 1))
    steps, ends = STEPS[: 1 + len(versions) * 2], ENDS[versions[0][2] % len(ENDS)]
    adjusted = {"quantity": 1, "over_delivered": 1, "at": "2021-07-25T01:00:00+00:00", "reason": "void"}
    recounted = adjusted | {"over_delivered": 0, "damaged": 1, "withdrawn": 2, "reason": "count"}
    lot = {"lot_id": key(f"lot {name}"), "purchase_id": key(name), "line_no": 1, "sku": "BERAS-5KG"}
    return [
        history,
        [packet(f"t{number}", step, n, hours=n, household=home, purchase=name) for n, step in enumerate(steps, 1)],
        [packet(f"u{number}", "delivered", 1, hours=5, household=home, purchase=f"p{number // 2}")],
        [packet(f"v{number}", step, n, hours=20 * n, household=home, purchase=name) for n, step in enumerate(ends, 1)],
        [isolating(home), isolating(home, 2, days=5, size=2), released(home, 3, hours=50)],
        [
            spoilt(name, 1),
            event("lot.adjusted", f"lot {name}", 2, {**lot, **adjusted}),
            event("lot.adjusted", f"lot {name}", 3, {**lot, **recounted}),
        ],
        [pledged(f"w{number}", 1, 5), pledged(f"w{number}", 2, 7 + number)],
        [refused(f"r{number}", "UNKNOWN_UNIT", "UNKNOWN_SELLER")],
        [counted(f"c{number}", f"2021-08-{2 + 7 * number:02}", f"2021-08-{8 + 7 * number:02}", warga=7, aparatur=5)],
    ]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories, st.randoms(use_true_random=False))
async def test_any_order_duplication_and_batching_gives_byte_equal_tables(
    world: World, drawn: list[tuple[list[tuple[Any, ...]], bool]], draw: random.Random
) -> None:
    events = flat(
        part for number, (versions, is_voided) in enumerate(drawn) for part in life(number, versions, is_voided)
    )
    async with facts_of(world) as facts:
        await facts.forget()
        await facts.apply(*([one] for one in events))
        one_by_one = await facts.content()
        assert await differences(world.database_url) == []
        await facts.forget()
        shuffled = events + draw.choices(events, k=len(events))
        draw.shuffle(shuffled)
        cuts = sorted(draw.randrange(len(shuffled)) for _ in range(3))
        await facts.apply(*(shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)))
        assert await facts.content() == one_by_one
