"""What an item of the registry must be in its city; each fault is (column, reason in Bahasa Indonesia)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.reference.model import NEED_GROUPS, Item, Product, Reference, Seller, Unit

_SKU = re.compile(r"[A-Z0-9-]{1,24}")
_CODE = re.compile(r"[A-Z0-9.-]{1,64}")
LONGEST_NAME = 120

Fault = tuple[str, str]


def faults(item: Item, city: Reference) -> Iterator[Fault]:
    """Everything that is wrong with an item of `city`, all at once."""
    if not item.name or len(item.name) > LONGEST_NAME:
        yield "name", f"harus 1-{LONGEST_NAME} huruf"
    match item:
        case Seller():
            yield from _of_seller(item, city)
        case Unit():
            yield from _of_unit(item, city)
        case Product():
            yield from _of_product(item)


def _of_seller(seller: Seller, city: Reference) -> Iterator[Fault]:
    if not _CODE.fullmatch(seller.seller_code):
        yield "seller_code", "hanya huruf besar, angka, titik dan tanda hubung"
    if seller.channel not in frozenset[str]().union(*(told.channels for told in city.programmes.values())):
        yield "channel", f"saluran tidak dikenal: {seller.channel}"
    region = city.regions.get(seller.kelurahan_code)
    if region is None or not region.is_kelurahan:
        yield "kelurahan_code", f"kelurahan tidak dikenal: {seller.kelurahan_code}"
    elif region.kecamatan_code != seller.kecamatan_code:
        yield "kecamatan_code", f"bukan kecamatan dari kelurahan itu: {seller.kecamatan_code}"
    if seller.fostering_unit_code not in city.units:
        yield "fostering_unit_code", f"unit pembina tidak dikenal: {seller.fostering_unit_code}"


def _of_unit(unit: Unit, city: Reference) -> Iterator[Fault]:
    prefix = f"{city.tenant[:2]}.{city.tenant[2:]}"
    if not _CODE.fullmatch(unit.unit_code) or not unit.unit_code.startswith(f"{prefix}."):
        yield "unit_code", f"harus diawali {prefix}: {unit.unit_code}"
    if unit.region_code not in city.regions:
        yield "region_code", f"wilayah tidak dikenal: {unit.region_code}"
    if unit.parent_code and (unit.parent_code not in city.units or unit.parent_code == unit.unit_code):
        yield "parent_code", f"unit induk tidak dikenal: {unit.parent_code}"


def _of_product(product: Product) -> Iterator[Fault]:
    if not _SKU.fullmatch(product.sku):
        yield "sku", "hanya huruf besar, angka dan tanda hubung, paling banyak 24"
    if product.price_idr < 1:
        yield "price_idr", "harus lebih dari 0"
    if product.shelf_life_hours < 1:
        yield "shelf_life_hours", "harus lebih dari 0"
    for group in sorted(product.need_groups - set(NEED_GROUPS)):
        yield "need_groups", f"kelompok kebutuhan tidak dikenal: {group}"
    if not product.need_groups:
        yield "need_groups", "sebutkan kelompok kebutuhan: " + ", ".join(NEED_GROUPS)
