"""The registry over HTTP, to read: what pages for officers search in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.purchases.store.registry import load_turnover
from shared.clock import now
from shared.database.pool import Pool
from shared.reference.kits import contents_of
from shared.reference.model import Item, Product, Unit
from shared.reference.search import search_products, search_sellers, search_units
from shared.web.city import City

PAGE = 20
LARGEST_PAGE = 100

Search = Annotated[str, Query(max_length=100, description="part of a code, a name or a seller's kelurahan")]
Page = Annotated[int, Query(ge=1, le=10_000, description="from 1")]
Size = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="items on a page")]


def router(pool: Pool) -> APIRouter:
    """Routes over the cities in memory; only an order by sales asks the database."""
    routes = APIRouter(prefix="/registry")

    @routes.get("/sellers")
    async def read_sellers(city: City, q: Search = "", page: Page = 1, size: Size = PAGE) -> dict[str, Any]:
        """Active sellers in the order that the city has chosen: by name, or those first who sold least."""
        sold, today = await load_turnover(pool, city), city.date_of(now())
        return _page(search_sellers(q, city, day=today, sold=sold), today, page, size)

    @routes.get("/products")
    async def read_products(city: City, q: Search = "", page: Page = 1, size: Size = PAGE) -> dict[str, Any]:
        """Active products and kits by name; a kit with its contents."""
        today = city.date_of(now())
        return _page(search_products(q, city, day=today), today, page, size)

    @routes.get("/units")
    async def read_units(city: City, q: Search = "", page: Page = 1, size: Size = PAGE) -> dict[str, Any]:
        """Active units by name, with the headcount of today."""
        today = city.date_of(now())
        return _page(search_units(q, city, day=today), today, page, size)

    return routes


def _page(found: Sequence[Item], today: date, page: int, size: int) -> dict[str, Any]:
    first = (page - 1) * size
    return {"total": len(found), "page": page, "items": [_shown(item, today) for item in found[first : first + size]]}


def _shown(item: Item, today: date) -> dict[str, Any]:
    shown: dict[str, Any] = {name: _plain(value) for name, value in vars(item).items() if name not in _HIDDEN}
    if isinstance(item, Unit):
        shown["asn_count"] = item.asn_count_on(today)
    if isinstance(item, Product):
        shown["contents"] = [{"sku": sku, "quantity": pieces} for sku, pieces in contents_of(item)]
    return shown


_HIDDEN = ("headcounts", "merged_into")


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value
