"""Kits that are taken apart: whole kits leave their lot, and what was in them lies there as loose goods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.distribution.domain.stock import Lot
from shared.ids import derived_id
from shared.reference.kits import contents_of
from shared.reference.model import Product

LINES_OF_A_KIT = 1000  # a receipt has 200 lines at most, so no line of it has the number of a loose one


def loose_lots(kits: Lot, product: Product | None, products: Mapping[str, Product]) -> list[Lot]:
    """Lots for the loose goods of these kits, empty, as the registry says now what is in one; none for what is no kit.

    They are good as long as the kit is: nobody knows how long what was in it would keep.
    """
    contents = contents_of(product) if product else []
    if any(sku not in products for sku, _ in contents):
        return []
    return [
        Lot(
            derived_id("loose", str(kits.lot_id), sku),
            kits.purchase_id,
            kits.line_no * LINES_OF_A_KIT + number,
            sku,
            kits.kelurahan,
            0,
            kits.expires_at,
            storage=products[sku].storage,
            programme=kits.programme,
            kit_lot_id=kits.lot_id,
            per_kit=pieces,
        )
        for number, (sku, pieces) in enumerate(contents, start=1)
    ]


def kit_line(lot: Lot) -> int | None:
    """The line of the kits that loose goods came out of; None for goods that were bought as they are."""
    return None if lot.kit_lot_id is None else lot.line_no // LINES_OF_A_KIT


def follow(kits: Lot, opened: int, loose: Sequence[Lot]) -> list[Lot]:
    """What loose goods must become when `opened` kits of this lot are open: as many, and where and for whom the kits
    are.
    """
    return [
        replace(
            lot,
            quantity=opened * lot.per_kit,
            kelurahan=kits.kelurahan,
            expires_at=kits.expires_at,
            programme=kits.programme,
        )
        for lot in loose
    ]
