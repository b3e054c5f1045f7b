"""The story that `peduli demo` plays, with its own reckoning of what must come out. Deterministic by its seed."""

from __future__ import annotations

import copy
import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.reference.kits import contents_of
from shared.reference.model import Reference

SOURCE = "/pos/koperasi-demo"
KIT, KITS_TO_OPEN = "KIT-KELUARGA-BAYI", 2  # that no family may have whole


@dataclass
class Story:
    """Events to publish, households to register, and the truth: pieces and rupiah that must be counted.

    `repeats` events say again what was said, `rejected` is the reference of the wrong purchase, `expired` pieces had
    spoilt when they were told. `standing` are the purchases as they stand, by reference; some were `corrected`. `kits`
    is the one with more kits than families that may have one: `opened` of them become `loose` pieces.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    households: list[dict[str, Any]] = field(default_factory=list)
    repeats: int = 0
    rejected: str = ""
    kits: str = ""
    opened: int = 0
    loose: int = 0
    expired: int = 0
    corrected: set[str] = field(default_factory=set)
    standing: dict[str, dict[str, Any]] = field(default_factory=dict)

    def say(self, kind: str, body: dict[str, Any], *, again: bool = False) -> None:
        """The same words under the same id, or (`again`) under a new one: both must count once."""
        name = f"{kind}{body['reference']}{'-again' if again else ''}"
        event_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        self.events.append({"kind": kind, "id": event_id, "source": SOURCE, "body": body})

    def correct(self, reference: str, line_no: int, change: int) -> None:
        """The correction of a standing purchase by pieces of one line, counted from 1. One is corrected once."""
        body = copy.deepcopy(self.standing[reference])
        body["lines"][line_no - 1]["quantity"] += change
        body["total_idr"] = sum(line["quantity"] * line["unit_price_idr"] for line in body["lines"])
        self.say("purchase.correction_submitted", body)
        self.standing[reference] = body
        self.corrected.add(reference)

    @property
    def purchases(self) -> int:
        """Purchases that must be counted."""
        return len(self.standing)

    @property
    def pieces(self) -> int:
        """Pieces of all that stands."""
        return sum(line["quantity"] for body in self.standing.values() for line in body["lines"])

    @property
    def spend_idr(self) -> int:
        """Rupiah of all that stands."""
        return sum(body["total_idr"] for body in self.standing.values())


def write(events: Sequence[dict[str, Any]], path: Path) -> None:
    """One JSON object a line, as the publisher reads it."""
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


def tell(reference: Reference, now: datetime, *, purchases: int = 60, households: int = 40, seed: int = 22) -> Story:
    """Purchases of real units, of which some are sent twice, one is wrong, one corrected, one voided, one spoilt, and
    one of more kits for families with a baby than there are such families.
    """
    draw = random.Random(seed)  # noqa: S311 - a story, not a secret
    story = Story()
    bodies = [purchase(draw, reference, now, number) for number in range(purchases)]
    spoilt = _spoilt(bodies[0], reference, now)
    for number, body in enumerate([*bodies, spoilt]):
        story.standing[body["reference"]] = body
        story.say("purchase.submitted", body)
        if number % 5 == 0:
            story.say("purchase.submitted", body, again=number % 10 == 0)
            story.repeats += 1
    story.expired = sum(line["quantity"] for line in spoilt["lines"])
    wrong = {**bodies[0], "reference": "DEMO-SALAH", "unit_code": "NIHIL", "total_idr": 1}
    story.say("purchase.submitted", wrong)
    story.rejected = "DEMO-SALAH"
    story.correct(bodies[1]["reference"], 1, +1)
    story.say("purchase.void_submitted", {"reference": bodies[2]["reference"], "reason": "salah_input"})
    del story.standing[bodies[2]["reference"]]
    draw.shuffle(story.events)
    story.households = [household(draw, now, draw.choice(reference.kelurahan), number) for number in range(households)]
    kits = _kits(bodies[0], reference, sum("infant" in home["groups"] for home in story.households))
    story.kits, story.opened = kits["reference"], KITS_TO_OPEN
    story.loose = KITS_TO_OPEN * sum(pieces for _, pieces in contents_of(reference.products[KIT]))
    story.standing[story.kits] = kits
    story.say("purchase.submitted", kits)
    return story


def _kits(other: dict[str, Any], reference: Reference, families: int) -> dict[str, Any]:
    """A kit for each of so many families, none of which gets two at once, and some more."""
    product, pieces = reference.products[KIT], families + KITS_TO_OPEN
    line = {"sku": product.sku, "quantity": pieces, "unit_price_idr": product.price_idr}
    told = {"reference": "DEMO-PAKET-BAYI", "posts": [], "lines": [line], "total_idr": pieces * product.price_idr}
    return {**other, **told}


def _spoilt(other: dict[str, Any], reference: Reference, now: datetime) -> dict[str, Any]:
    """The goods that keep the shortest time, told of an hour after they had spoilt."""
    product = min(reference.products.values(), key=lambda product: (product.shelf_life_hours, product.sku))
    line = {"sku": product.sku, "quantity": 4, "unit_price_idr": product.price_idr}
    bought = now - timedelta(hours=product.shelf_life_hours + 1)
    told = {"reference": "DEMO-BASI", "purchased_at": bought.isoformat(), "posts": []}
    return {**other, **told, "lines": [line], "total_idr": 4 * product.price_idr}


def purchase(draw: random.Random, reference: Reference, now: datetime, number: int) -> dict[str, Any]:
    seller = draw.choice(sorted(reference.sellers.values(), key=lambda seller: seller.seller_code))
    unit = draw.choice(sorted(reference.units))
    fresh = sorted(sku for sku, product in reference.products.items() if product.shelf_life_hours >= 72)
    skus = draw.sample(fresh, k=draw.randint(1, 3))
    lines: list[dict[str, Any]] = [
        {"sku": sku, "quantity": draw.randint(1, 3), "unit_price_idr": reference.products[sku].price_idr}
        for sku in skus
    ]
    appointed = draw.randint(2000, 2019)
    nip = f"{appointed - 25}{draw.randint(1, 12):02}{draw.randint(1, 28):02}{appointed}{draw.randint(1, 12):02}"
    return {
        "reference": f"DEMO-{number:04}",
        "purchased_at": (now - timedelta(minutes=draw.randint(10, 300))).isoformat(),
        "unit_code": unit,
        "buyer": {"nip": f"{nip}{draw.randint(1, 2)}{draw.randint(1, 999):03}"},
        "seller_code": seller.seller_code,
        "channel": seller.channel,
        "lines": lines,
        "total_idr": sum(line["quantity"] * line["unit_price_idr"] for line in lines),
        "posts": [
            {"url": f"https://example.org/{number}", "hashtags": sorted(reference.programmes["isoman"].hashtags)},
        ],
    }


def household(draw: random.Random, now: datetime, kelurahan: str, number: int) -> dict[str, Any]:
    return {
        "household_ref": f"KK-DEMO-{number}",
        "kelurahan": kelurahan,
        "rw": draw.randint(1, 20),
        "size": draw.randint(1, 6),
        "groups": draw.sample(["infant", "elderly", "pregnant", "alone"], k=draw.randint(0, 2)),
        "isolation_from": (now - timedelta(days=draw.randint(0, 3))).isoformat(),
        "isolation_until": (now + timedelta(days=draw.randint(3, 9))).isoformat(),
        "people": {"name": f"Keluarga contoh {number}", "phone": "", "address": f"Jalan Contoh {number}"},
    }
