"""A week of a city for tests of what people see: purchases of many units and channels, a pledge, packets at doors."""

from __future__ import annotations

import random
from typing import Any

from shared.reference.load import load
from tests.support.eventually import eventually
from tests.support.filling import count
from tests.support.journey import query
from tests.support.projecting import facts_of
from tests.support.publish import message, publish, purchase
from tests.support.servers import World

UNIT = "32.76.DKUM"
PLEDGE = {"round": "2021-07-26", "unit_code": UNIT, "sum_idr": 7_500_000, "packets": 40}


def purchases_of_a_week(size: int, seed: int = 1) -> list[dict[str, Any]]:
    """`size` receipts between 22 and 31 July 2021 of units of every kind, the same for the same seed."""
    random_of, city = random.Random(seed), load("3276")
    units, sellers = sorted(city.units)[::3], sorted(city.sellers.values(), key=lambda seller: seller.seller_code)
    made = []
    for number in range(size):
        seller, pieces = random_of.choice(sellers), random_of.randint(1, 9)
        made.append(
            purchase(
                f"N-{number}",
                unit_code=random_of.choice(units) if number else UNIT,
                buyer={"nip": f"198001012005{1 + number % 12:02}1{1 + number % 999:03}"},
                seller_code=seller.seller_code,
                channel=seller.channel,
                purchased_at=f"2021-07-{random_of.randint(22, 31)}T10:05:00+07:00",
                lines=[{"sku": "BERAS-5KG", "quantity": pieces, "unit_price_idr": 65000}],
                total_idr=pieces * 65000,
                purpose=random_of.choice(["donation", "donation", "own_use"]),
            )
        )
    return made


async def tell_a_week(world: World, size: int) -> None:
    """Publish them and a pledge, and wait until the tallies have them; purchases and reporting must run."""
    told = [(message(body), "3276.purchase.submitted.v1") for body in purchases_of_a_week(size)]
    await publish(world.rabbitmq.url, [*told, (message(PLEDGE, "pledge.submitted"), "3276.pledge.submitted.v1")])
    seen = """select (select sum(purchases)::int from reporting.v1_unit_tally) as purchases,
      (select count(*)::int from reporting.v1_unit_round where pledged_idr is not null) as pledges"""
    await eventually(lambda: query(world, seen), lambda rows: rows == [{"purchases": size, "pledges": 1}])


async def deliver(world: World) -> None:
    """Packets as their tally and facts have them, in every second kelurahan; in the first few households are few."""
    city, random_of = load("3276"), random.Random(2)
    for place, kelurahan in enumerate(city.kelurahan[::2]):
        delivered = random_of.randint(1, 40)
        await query(
            world,
            f"""insert into facts.tally_region_day select '{kelurahan}', day::date, {delivered + 3}, {delivered + 1},
              {delivered}, 2, 1, 0, {delivered * 2}
              from generate_series('2021-07-24'::date, '2021-07-26', '1 day') day""",
        )
        await query(
            world,
            f"""insert into facts.fct_household select gen_random_uuid(), '3276', 1, '{kelurahan}', 4,
                now() - interval '1 day', now() + interval '9 days', false
              from generate_series(1, {place + 2})""",
        )


async def carry(world: World) -> None:
    """The packets of `deliver` one by one, of goods of 22 July; every fourth came when the isolation was over."""
    await query(
        world,
        """with packets as (
          select gen_random_uuid() as task_id, gen_random_uuid() as household_id, t.kelurahan, n,
            t.local_date::timestamp at time zone 'Asia/Jakarta' as day
          from facts.tally_region_day t cross join generate_series(1, t.delivered) n),
        homes as (insert into facts.fct_household
          select household_id, '3276', 1, kelurahan, 4, day - interval '5 days',
            day + case n % 4 when 0 then interval '1 hour' else interval '5 days' end, true, day + interval '6 days'
          from packets),
        lines as (insert into facts.fct_task_line select task_id, purchase_id, 1, gen_random_uuid(), 'BERAS-5KG', 1
          from packets, (select purchase_id from facts.fct_purchase order by purchased_at, purchase_id limit 1) first)
        insert into facts.fct_task
        select task_id, '3276', 3, 'delivered', household_id, kelurahan, 1, 0, day + interval '1 hour',
          day + interval '2 hours', day + interval '3 hours' + n * interval '6 minutes', null, null from packets""",
    )
    await recount(world, "fct_delivery", "tally_hours_day")


async def check_and_refuse(world: World) -> None:
    """A night that found differences and one that found none; three submissions refused."""
    await query(
        world,
        """insert into facts.quality_check values
          (now() - interval '1 day', 2.5, true, 1234, 2, '{"tally_unit_day": 2}'),
          (now() - interval '1 hour', 1.5, true, 1240, 0, '{}')""",
    )
    await query(
        world,
        """insert into facts.fct_rejection select gen_random_uuid(), '3276', '/pos/koperasi-depok',
          array['UNKNOWN_UNIT'] || case n when 1 then array['DUPLICATE_CONFLICT'] else '{}' end,
          '2021-07-30T10:00:00+07:00'
          from generate_series(1, 3) n""",
    )
    await recount(world, "tally_source_day", "tally_reason_day")


async def recount(world: World, *tallies: str) -> None:
    """Tallies of facts that were written here and not told."""
    async with facts_of(world) as facts:
        await facts.connection.execute(f"truncate {', '.join(tallies)}")
        await count(facts.connection, *tallies)
