"""`peduli verify` and the server give the same verdicts."""

from __future__ import annotations

import json
from typing import Any

from services.purchases.app import service
from services.purchases.cli.submissions import check
from shared.clock import now
from shared.contracts.corpus import examples
from tests.support.publish import purchase
from tests.support.running import running
from tests.support.servers import World

SOURCE = "/pos/koperasi-depok"
CHANGES: list[dict[str, Any]] = [
    {"unit_code": "x", "total_idr": 1, "purchased_at": "2999-01-01T00:00:00Z"},
    {"purchased_at": "22-07-2021 10:05"},
    {"buyer": {"nip": "12"}, "channel": "warung"},
    {"lines": [{"sku": "BERAS-5KG", "quantity": 0, "unit_price_idr": 65000.5}], "pickup": {"kelurahan": "x"}},
    {"lines": "beras", "posts": [{"url": "example.org"}]},
    {"reference": None},
    {"reference": "KOP-1", "purpose": "own_use"},
]


async def test_the_verdict_offline_is_the_verdict_of_the_server(world: World) -> None:
    told = [one.body for one in examples() if one.kind == "purchase.submitted.v1" and isinstance(one.body, dict)]
    bodies = [
        *told,
        purchase(),
        *(purchase(**{"reference": f"KOP-X{n}", **change}) for n, change in enumerate(CHANGES)),
        purchase(),
    ]
    async with running(service(world.settings())) as client:
        answer = await client.post("/v1/purchases", json=bodies, headers={"Peduli-Source": SOURCE})
    offline = check(json.dumps(bodies).encode(), tenant="3276", source=SOURCE, now=now())
    server = [(item["outcome"], [(r["code"], r["path"]) for r in item["reasons"]]) for item in answer.json()]
    assert [(item.outcome, [(r.code, r.path) for r in item.reasons]) for item in offline] == server
    assert {"recorded", "known", "rejected"} == {outcome for outcome, _ in server}
