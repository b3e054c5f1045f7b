"""An operator changes the registry once, and every service knows it: by date, and each city by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from peduli.__main__ import app
from peduli.prepare import load_city
from services.purchases.cli.registry import Answer, Kind, Registry, read_csv
from services.purchases.domain.registry import UnknownItemError
from services.purchases.domain.review import ReviewError
from services.reporting.cli import differences
from shared.clock import now
from shared.reference.load import load
from shared.reference.model import Reference
from shared.reference.rows import code_of
from tests.support.eventually import eventually
from tests.support.journey import KELURAHAN, one_task, query, recent, register, report, services, tell
from tests.support.publish import purchase, purchase_in
from tests.support.running import Door
from tests.support.servers import World

DEPOK, BANDUNG = load("3276"), load("3273")
SELLERS = "seller_code,name,channel,kecamatan_code,kelurahan_code,fostering_unit_code\n"
NEW = "KOM-BEJI-09,Dapur Baru,komunitas_umkm_kecamatan,32.76.06,32.76.06.1001,32.76.06\n"
UNITS = "unit_code,kind,name,short_name,parent_code,region_code,asn_count,asn_count_from\n"
DKUM = "32.76.DKUM,opd,Dinas Koperasi dan Usaha Mikro,DKUM,,32.76"
SHOP = {"Peduli-Source": "/pos/koperasi-depok"}


def registry(world: World, city: str = "3276") -> Registry:
    return Registry(world.database_url, city)


async def loaded(world: World, kind: Kind, text: str, city: str = "3276") -> int:
    """Load a file as `peduli registry load --yes` does; how many items changed."""
    preview = await registry(world, city).preview(kind, read_csv(text))
    assert preview.wrong == ()
    return len(await registry(world, city).save(preview.items))


async def sent(shop: Door, body: dict[str, Any]) -> tuple[int, list[str]]:
    """The answer to a purchase: its status and the codes of its reasons."""
    answer = await shop.post("/v1/purchases", json=body, headers=SHOP)
    return answer.status_code, [reason["code"] for reason in answer.json()["reasons"]]


async def taken(shop: Door, body: dict[str, Any]) -> None:
    """Send a purchase until the service has heard of what it names."""
    await eventually(lambda: sent(shop, body), lambda answer: answer == (202, []))


async def everywhere(world: World, sql: str, wanted: list[dict[str, Any]]) -> None:
    """Wait until a query over `ref_*` says the same in the schema of each service."""

    async def look() -> list[list[dict[str, Any]]]:
        return [await query(world, sql.format(schema)) for schema in ("purchases", "distribution", "facts")]

    await eventually(look, lambda seen: seen == [wanted] * 3)


async def test_a_new_seller_is_known_everywhere_and_its_goods_reach_a_door(world: World) -> None:
    new = recent(seller_code="KOM-BEJI-09", channel="komunitas_umkm_kecamatan", pickup=None)
    async with services(world) as (shop, field, _reporting):
        assert await sent(shop, new) == (422, ["UNKNOWN_SELLER"])
        assert await loaded(world, "sellers", SELLERS + NEW) == 1
        assert await loaded(world, "sellers", SELLERS + NEW) == 0  # again: nothing changes, nothing is told
        await register(field)
        await taken(shop, new)
        await one_task(field)
        assert await query(world, "select kelurahan from distribution.lots") == [
            {"kelurahan": KELURAHAN}
        ]  # the seller's
        name = "select name, version from {}.ref_sellers where seller_code = 'KOM-BEJI-09'"
        await everywhere(world, name, [{"name": "Dapur Baru", "version": 1}])
        told = "select type, version from purchases.event_log where type like 'seller.%'"
        assert await query(world, told) == [{"type": "seller.changed.v1", "version": 1}]
        assert await query(world, "select reason from distribution.parked") == []


async def test_a_retired_seller_and_unit_still_take_what_was_bought_before(world: World) -> None:
    today = DEPOK.date_of(now())
    early = purchase("EARLY", purchased_at="2021-07-22T23:30:00+07:00")
    late = purchase("LATE", purchased_at="2021-07-23T00:00:00+07:00")
    async with services(world) as (shop, *_):
        await registry(world).retire("sellers", "KOP-BEJI-01", date(2021, 7, 23))
        await registry(world).retire("units", "32.76.DKUM", date(2021, 7, 23))
        refused = (422, ["UNKNOWN_UNIT", "UNKNOWN_SELLER"])
        await eventually(lambda: sent(shop, late), lambda answer: answer == refused)
        assert await sent(shop, early) == (202, [])
        pledge = {"round": "2021-07-26", "unit_code": "32.76.DKUM", "sum_idr": 1, "packets": 1}
        answer = await shop.post("/v1/pledges", json=pledge, headers=SHOP)
        assert [reason["code"] for reason in answer.json()["reasons"]] == ["UNKNOWN_UNIT"]
        retired = await registry(world).items("sellers", retired=True)
        assert [code_of(item) for item in retired] == ["KOP-BEJI-01"]
        active = "select is_active, rank_in_kind from reporting.v1_unit_tally where unit_code = '32.76.DKUM'"
        gone = [{"is_active": False, "rank_in_kind": None}]
        await eventually(lambda: query(world, active), lambda rows: rows == gone)

        await registry(world).restore("sellers", "KOP-BEJI-01")
        await registry(world).restore("units", "32.76.DKUM")
        await taken(shop, late)
        assert await registry(world).retire("sellers", "KOP-BEJI-01", None) == today
        states = "select retired_from, version from {}.ref_sellers where seller_code = 'KOP-BEJI-01'"
        await everywhere(world, states, [{"retired_from": today, "version": 3}])


async def test_participation_is_reckoned_by_the_headcount_of_the_day(world: World) -> None:
    tomorrow = (DEPOK.date_of(now()) + timedelta(days=1)).isoformat()
    before = DEPOK.units["32.76.DKUM"].asn_count
    async with services(world) as (shop, *_):
        counts = f"{DKUM},10,2021-07-26\n{DKUM},20,2021-08-02\n{DKUM},99,{tomorrow}\n"
        assert await loaded(world, "units", UNITS + counts) == 1
        for number, day in enumerate(("2021-07-25", "2021-07-26", "2021-08-08"), start=1):
            buyer = {"nip": f"19800101200501100{number}"}
            bought = purchase(f"R{number}", purchased_at=f"{day}T10:00:00+07:00", buyer=buyer)
            assert await sent(shop, bought) == (202, [])
        daily = """select local_date::text, headcount, buyers, participation_percent::float from
          reporting.v1_unit_tally_daily order by 1"""
        share = round(100 / before, 2)
        wanted = [
            {"local_date": "2021-07-25", "headcount": before, "buyers": 1, "participation_percent": share},
            {"local_date": "2021-07-26", "headcount": 10, "buyers": 1, "participation_percent": 10.0},
            {"local_date": "2021-08-08", "headcount": 20, "buyers": 1, "participation_percent": 5.0},
        ]
        await eventually(lambda: query(world, daily), lambda rows: rows == wanted)
        rounds = "select round::text, headcount, buyers from reporting.v1_unit_round order by 1"
        assert await query(world, rounds) == [
            {"round": "2021-07-19", "headcount": before, "buyers": 1},
            {"round": "2021-07-26", "headcount": 10, "buyers": 1},
            {"round": "2021-08-02", "headcount": 20, "buyers": 1},
        ]
        today = "select headcount, buyers, participation_percent::float from reporting.v1_unit_tally where buyers > 0"
        assert await query(world, today) == [{"headcount": 20, "buyers": 3, "participation_percent": 15.0}]
        await tell(world, {"reference": "R2", "reason": "salah_input"}, "purchase.void_submitted")
        zero = [wanted[0], {**wanted[1], "buyers": 0, "participation_percent": 0.0}, wanted[2]]
        await eventually(lambda: query(world, daily), lambda rows: rows == zero)
    assert await differences(world.database_url) == []


def told_as(reference: str, name: str = "Sale pisang", pieces: int = 2) -> dict[str, Any]:
    """A purchase of a product that nobody knows."""
    product = {"name": name, "category": "roti_kue", "shelf_life_hours": 2160}
    line = {"sku": "SALE-PISANG", "quantity": pieces, "unit_price_idr": 18000, "product": product}
    return recent(reference, lines=[line], total_idr=18000 * pieces)


async def test_a_new_product_waits_for_review_and_its_goods_then_go_to_whom_they_suit(world: World) -> None:
    async with services(world) as (shop, field, _reporting):
        assert await sent(shop, told_as("A")) == (202, [])
        assert await sent(shop, told_as("B", name="Pisang sale")) == (202, [])
        waiting = await registry(world).reviews("pending")
        names = [(row["sku"], row["name"], row["times_told"], row["is_conflicting"]) for row in waiting]
        assert sorted(names) == [("SALE-PISANG", "Pisang sale", 1, True), ("SALE-PISANG", "Sale pisang", 1, True)]
        arrived = "select count(*)::int as n from distribution.lots where sku = 'SALE-PISANG'"
        await eventually(lambda: query(world, arrived), lambda rows: rows == [{"n": 2}])

        baby = Answer(frozenset({"baby"}), 3, weight_g=200, infant=True)
        with pytest.raises(ReviewError, match="several names"):
            await registry(world).accept("SALE-PISANG", baby)
        await registry(world).accept("SALE-PISANG", dataclasses.replace(baby, name="Sale pisang"))
        assert await registry(world).reviews("pending") == []
        known = "select name, infant, weight_g, need_groups from {}.ref_products where sku = 'SALE-PISANG'"
        real = {"name": "Sale pisang", "infant": True, "weight_g": 200, "need_groups": ["baby"]}
        await everywhere(world, known, [real])
        await register(field, reference="KK-GROWN", groups=[])
        await register(field, reference="KK-BABY", groups=["infant"])
        await one_task(field)
        reached = "select groups from distribution.households join distribution.tasks using (household_id)"
        assert await query(world, reached) == [{"groups": ["infant"]}]
        why = "select reason from distribution.waiting"
        await eventually(lambda: query(world, why), lambda rows: rows == [{"reason": "NO_GOODS"}])


async def heard(door: Door, fact: Callable[[Reference], bool], tenant: str = "3276") -> None:
    """Wait until a running service knows a fact of a city."""

    async def look() -> bool:
        return fact(door.app.state.cities[tenant])

    await eventually(look, bool)


async def test_a_merged_sku_is_the_known_one_from_now_on(world: World) -> None:
    async with services(world) as (shop, field, _reporting):
        await register(field)
        assert await sent(shop, told_as("A", pieces=3)) == (202, [])
        task = (await one_task(field))["task_id"]
        await report(field, task, "deliver", proof_kind="witness", proof="ketua RT")
        await registry(world).merge("SALE-PISANG", "KERIPIK-PISANG-200G")
        other = "select merged_into from {}.ref_products where sku = 'SALE-PISANG'"
        await everywhere(world, other, [{"merged_into": "KERIPIK-PISANG-200G"}])
        await heard(shop, lambda city: "SALE-PISANG" in city.products)
        assert await sent(shop, told_as("B", pieces=1)) == (202, [])
        # goods that came under the told sku stay under it: a correction must not take them for lost
        await tell(world, told_as("A", pieces=4), "purchase.correction_submitted")
        lots = "select sku, bought, over_delivered from distribution.lots order by bought"
        wanted = [
            {"sku": "KERIPIK-PISANG-200G", "bought": 1, "over_delivered": 0},
            {"sku": "SALE-PISANG", "bought": 4, "over_delivered": 0},
        ]
        await eventually(lambda: query(world, lots), lambda rows: rows == wanted)
        assert [row["sku"] for row in await registry(world).reviews("merged")] == ["SALE-PISANG"]


async def test_a_rejected_product_is_refused_and_what_is_left_is_given_to_nobody(world: World) -> None:
    async with services(world) as (shop, field, _reporting):
        assert await sent(shop, told_as("A")) == (202, [])
        await registry(world).reject("SALE-PISANG", "bukan untuk warga isoman")
        await heard(shop, lambda city: "SALE-PISANG" in city.products)
        bought_today = told_as("B") | {"purchased_at": now().isoformat()}  # an hour ago it may have been yesterday
        assert await sent(shop, bought_today) == (422, ["INACTIVE_SKU"])
        known = "select need_groups from {}.ref_products where sku = 'SALE-PISANG'"
        await everywhere(world, known, [{"need_groups": []}])
        await register(field)
        why = "select reason from distribution.waiting"
        await eventually(lambda: query(world, why), lambda rows: rows == [{"reason": "NO_GOODS"}])


async def test_a_kit_is_bought_by_its_sku_alone_and_brought_whole(world: World) -> None:
    kits = "sku,name,category,price_idr,shelf_life_hours,contents\nKIT-BARU,Paket baru,sembako,150000,336,BERAS-5KG:2\n"
    line = {"sku": "KIT-BARU", "quantity": 1, "unit_price_idr": 150000}
    async with services(world) as (shop, field, _reporting):
        assert await loaded(world, "kits", kits) == 1
        await register(field)
        await taken(shop, recent(lines=[line], total_idr=150000))
        await one_task(field)
        packed = "select sku, reserved from distribution.lots"
        assert await query(world, packed) == [{"sku": "KIT-BARU", "reserved": 1}]
        contents = "select contents, weight_g from {}.ref_products where sku = 'KIT-BARU'"
        await everywhere(world, contents, [{"contents": ["BERAS-5KG:2"], "weight_g": 10000}])
        shipped = {"sku": "KIT-SEHAT-UMKM", "quantity": 1, "unit_price_idr": 165000}
        assert await sent(shop, recent("KOP-2", lines=[shipped], total_idr=165000)) == (202, [])
        found = (await shop.get("/v1/registry/products", params={"q": "kit baru"})).json()
        assert [item["contents"] for item in found["items"]] == [[{"sku": "BERAS-5KG", "quantity": 2}]]


async def test_the_same_code_in_two_cities_is_two_sellers(world: World) -> None:
    await load_city(world.database_url, BANDUNG)
    code = "KOP-GURU-01"
    async with services(world) as (shop, *_):
        bandung = shop.speaking_for("3273")
        await registry(world).retire("sellers", code, date(2021, 7, 1))
        await heard(shop, lambda city: city.sellers[code].retired_from is not None)
        assert await sent(shop, purchase_in(DEPOK)) == (422, ["UNKNOWN_SELLER"])
        assert await sent(bandung, purchase_in(BANDUNG)) == (202, [])
        states = f"""select tenant, retired_from is null as active from {{}}.ref_sellers
          where seller_code = '{code}' order by 1"""
        wanted = [{"tenant": "3273", "active": True}, {"tenant": "3276", "active": False}]
        await everywhere(world, states, wanted)
        stranger = SELLERS + NEW
        wrong = (await registry(world, "3273").preview("sellers", read_csv(stranger))).wrong
        assert {(fault.row, fault.column) for fault in wrong} >= {(2, "kelurahan_code"), (2, "fostering_unit_code")}


async def test_loading_a_city_again_and_the_registry_agree(world: World) -> None:
    """What the folder says holds at the end, also over a change that is still on its way; what it omits stays."""
    renamed = NEW.replace("KOM-BEJI-09", "KOM-BEJI-01").replace("Dapur Baru", "Nama Keliru")
    name = "select name, retired_from from {}.ref_sellers where seller_code = 'KOM-BEJI-01'"
    assert await loaded(world, "sellers", SELLERS + renamed) == 1  # told, but no service runs yet
    await registry(world).retire("sellers", "KOM-BEJI-01", date(2021, 8, 1))
    await load_city(world.database_url, DEPOK)
    folder = {"name": DEPOK.sellers["KOM-BEJI-01"].name, "retired_from": date(2021, 8, 1)}
    async with services(world):
        reached = "select version from {}.ref_sellers where seller_code = 'KOM-BEJI-01'"
        await everywhere(world, reached, [{"version": 3}])
        await everywhere(world, name, [folder])
        told = "select count(*)::int as n from purchases.event_log"
        await load_city(world.database_url, DEPOK)
        assert await query(world, told) == [{"n": 3}]  # nothing differs: nothing is told


async def test_sellers_are_found_by_what_people_write_and_ordered_as_the_city_chose(world: World) -> None:
    fair = dataclasses.replace(DEPOK, seller_order="least_sold")
    async with services(world) as (shop, *_):
        for spelling in ("Kel. Pondok Cina", "pondokcina", "KOM BEJI 01"):
            found = (await shop.get("/v1/registry/sellers", params={"q": spelling})).json()
            assert "KOM-BEJI-01" in [item["seller_code"] for item in found["items"]]
        pages = [(await shop.get("/v1/registry/sellers", params={"page": n, "size": 40})).json() for n in (1, 2)]
        names = [item["name"].casefold() for page in pages for item in page["items"]]
        assert (len(names), names) == (pages[0]["total"], sorted(names))
        assert (await shop.get("/v1/registry/units", params={"q": "DKUM"})).json()["items"][0]["asn_count"] > 0
        assert await sent(shop, recent()) == (202, [])
        await load_city(world.database_url, fair)
        await heard(shop, lambda city: city.seller_order == "least_sold")
    async with services(world) as (shop, *_):

        async def last() -> str:
            found = (await shop.get("/v1/registry/sellers", params={"size": 100})).json()["items"]
            return str(found[-1]["seller_code"])

        await eventually(last, lambda code: code == "KOP-BEJI-01")


def test_the_command_tells_all_wrong_rows_at_once_and_loads_none(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sellers.csv"
    wrong = NEW.replace("komunitas_umkm_kecamatan", "pasar").replace("09", "10")
    file.write_text(SELLERS + NEW + wrong + NEW.replace("32.76.06.1001", "32.76.99.1001").replace("09", "11"))
    settings = world.settings()
    for name, value in (("AMQP_URL", settings.amqp_url), ("DATABASE_URL", world.database_url)):
        monkeypatch.setenv(f"PEDULI_{name}", str(value))
    for name in ("HASH_KEY", "SEAL_KEY"):
        monkeypatch.setenv(f"PEDULI_{name}", "key-of-tests")
    run = CliRunner().invoke

    refused = run(app, ["registry", "load", "sellers", str(file), "--yes"])
    assert refused.exit_code == 1
    assert "baris 3, channel: saluran tidak dikenal: pasar" in refused.output
    assert "baris 4, kelurahan_code: kelurahan tidak dikenal: 32.76.99.1001" in refused.output
    listed = ["registry", "list", "sellers", "--csv"]
    assert "KOM-BEJI-09" not in run(app, listed).output
    asked = run(app, ["registry", "load", "sellers", str(file), "--partial"], input="n\n")
    assert asked.exit_code == 1
    assert "new: Dapur Baru" in asked.output
    assert "KOM-BEJI-09" not in run(app, listed).output
    assert run(app, ["registry", "load", "sellers", str(file), "--partial", "--yes"]).exit_code == 0
    everything = run(app, listed).output
    assert NEW in everything
    file.write_text(everything)
    again = run(app, ["registry", "load", "sellers", str(file), "--dry-run"])
    assert f"0 new or changed, {len(DEPOK.sellers) + 1} as they are, 0 wrong" in again.output
    for kind in ("sellers", "products", "units", "kits"):
        assert run(app, ["registry", "list", kind]).exit_code == 0
    assert run(app, ["registry", "retire", "sellers", "KOM-BEJI-09", "--from", "2021-08-01"]).exit_code == 0
    assert "2021-08-01" in run(app, ["registry", "list", "sellers", "--retired", "--json"]).output
    assert isinstance(run(app, ["registry", "restore", "sellers", "NIHIL"]).exception, UnknownItemError)
    assert isinstance(run(app, ["registry", "review", "merge", "NIHIL", "BERAS-5KG"]).exception, ReviewError)
