"""Bu Rina at her phone: how a reporting officer comes in and what she presses, for tests in a browser and without."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI
from playwright.async_api import Page

from shared.reference.load import load
from shared.reference.model import Reference
from tests.support.servers import World
from tests.support.terminal import type_

UNIT = "32.76.DKUM"
OTHER_UNIT = "32.76.06"
NIP = "198001012005011001"
CONTENTS = "1 Beras medium 5 kg\n2 Minyak goreng kemasan 1 liter"
POST = "https://www.instagram.com/p/abc"
HASHTAGS = "#ASNDepokPeduli #BeliProdukUMKM"
THURSDAY_MORNING = datetime(2021, 7, 29, 3, tzinfo=UTC)  # 10.00 WIB in the week of the first round


def with_the_elderly() -> Reference:
    """Depok with a second programme, `lansia`."""
    city = load("3276")
    elderly = dataclasses.replace(city.programmes["isoman"], programme="lansia", name="Paket lansia", called="lansia")
    return dataclasses.replace(city, programmes={**city.programmes, "lansia": elderly})


def peduli(world: World, *words: str) -> str:
    """What the command prints, as an operator types it."""
    environment = {
        "PEDULI_DATABASE_URL": world.database_url,
        "PEDULI_HASH_KEY": "hash-key-of-tests",
        "PEDULI_SEAL_KEY": "seal-key-of-tests",
    }
    done = type_(words, environment)
    assert done.code == 0, done.err
    return done.out.strip()


def browsing(app: FastAPI) -> httpx.AsyncClient:
    """A client that asks for pages and keeps cookies, as a browser does, without one."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers={"Accept": "text/html"})


def key_of(page: httpx.Response) -> str:
    """The key that the page's forms carry."""
    found = re.search(r'name="kunci" value="([0-9a-f]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


async def sign_in(client: httpx.AsyncClient, world: World, unit: str = UNIT) -> str:
    """Come in by a one-time link; returns the key of the forms."""
    link = peduli(world, "officer", "link", unit, "--url", "http://test")
    shown = await client.get(link)
    entered = await client.post(link, data={"kunci": key_of(shown)})
    assert entered.headers.get("location") == "/beranda", entered.text
    return key_of(await client.get("/beranda"))


async def choose_seller(page: Page, words: str, name: str) -> None:
    """Step 1: search, and press the button of that seller."""
    await page.goto("/belanja/baru")
    await page.get_by_label("Cari penjual").fill(words)
    await page.get_by_role("button", name="Cari").click()
    await page.get_by_role("button", name=f"Pilih {name}").click()


async def add_product(page: Page, words: str, name: str, *, quantity: str, price: str) -> None:
    """Step 2: search, add, and fill the new line."""
    await page.get_by_label("Cari barang").fill(words)
    await page.get_by_role("button", name="Cari", exact=True).click()
    await page.get_by_role("button", name=f"Tambah {name}").click()
    await page.get_by_label("Banyaknya").last.fill(quantity)
    await page.get_by_label("Harga satuan").last.fill(price)


async def go_on(page: Page) -> None:
    """To the next step."""
    await page.get_by_role("button", name="Lanjut").click()


async def write(page: Page, reference: str, givers: str) -> str:
    """A draft of 40 kits, by the forms that her phone sends but without a thumb; returns its address."""

    async def send(path: str, **fields: str) -> str:
        answer = await page.request.post(path, form={"kunci": key, **fields}, max_redirects=0)
        assert answer.status == 303, await answer.text()
        return answer.headers["location"]

    key = str(await page.locator("[name=kunci]").first.get_attribute("value"))
    draft = (await send("/belanja/baru", penjual="KOP-BEJI-01")).removesuffix("/barang")
    kit = {"nama": "Paket Sembako", "kategori": "sembako", "simpan": "30", "isi": CONTENTS}
    line = {"sku": "", "kit": "ya", **kit, "banyak": "40", "harga": "78.750"}
    await send(f"{draft}/barang", baris="1", aksi="lanjut", **{f"{name}-0": value for name, value in line.items()})
    bought = {"nota": reference, "tanggal": "2021-07-29", "jam": "09:05", "tujuan": "donation"}
    await send(f"{draft}/nota", pembayar="contributors", penyumbang=givers, **bought)
    await send(f"{draft}/unggahan", tautan=POST, tagar=HASHTAGS, oleh="asn")
    return draft
