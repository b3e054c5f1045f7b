"""Who coordinates a kelurahan or kecamatan, added and let in as an operator does it."""

from __future__ import annotations

import httpx
from playwright.async_api import Page

from tests.support.journey import KELURAHAN
from tests.support.officers import key_of, peduli
from tests.support.servers import World

NAME = "koordinator-beji"


def add_coordinator(world: World, name: str = NAME, place: str = KELURAHAN) -> None:
    """A coordinator of a place."""
    peduli(world, "coordinator", "add", name, place)


def link_of(world: World, address: str, name: str = NAME) -> str:
    """A one-time link for a device of his."""
    return peduli(world, "coordinator", "link", name, "--url", address)


async def come_in(page: Page, world: World, address: str, name: str = NAME) -> None:
    """By the link that the operator gave."""
    await page.goto(link_of(world, address, name))
    await page.get_by_role("button", name="Masuk di perangkat ini").click()
    await page.wait_for_url("**/koordinator")


async def enter(client: httpx.AsyncClient, world: World, name: str = NAME) -> str:
    """Come in without a browser; returns the key of the forms."""
    link = link_of(world, str(client.base_url), name)
    entered = await client.post(link, data={"kunci": key_of(await client.get(link))})
    assert entered.headers.get("location") == "/koordinator", entered.text
    return key_of(await client.get("/koordinator"))
