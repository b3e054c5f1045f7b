"""Facts of a year by a generator that runs in the database: as many purchases as a bench or a plan needs.

The same count gives the same rows. Facts are drawn; tallies are summed from them, so that both say the same.
"""

from __future__ import annotations

import asyncio

import asyncpg

from shared.database.pool import Transaction

CHUNK = 250_000  # purchases in one statement
# Of three purchases one is for own use; the goods of the other two go into one packet. The last ones wait in the
# lumbung for homes that isolate now, so that views have something to tell of the present too.
PURCHASES = """
with drawn as (
  select n, md5('purchase ' || n)::uuid as id, hashint4(n) & 1048575 as a, hashint4(n + 500000000) & 1048575 as b,
    timestamptz '2021-07-01 08:00+07' + (n::float8 / $3) * interval '365 days' as at,
    case when n % 3 = 2 then n - 1 else n end as packet, 1 + n % 5 as pieces, (n % 20 = 2 and n % 3 > 0)::int as spoilt,
    n > $3 - least(30000, $3 / 100) as is_waiting
  from generate_series($1::int, $2::int) n),
units as (select array_agg(unit_code order by unit_code) as codes from ref_units where tenant = '3276'),
sellers as (select array_agg(seller_code order by seller_code) as codes,
    array_agg(channel order by seller_code) as channels
  from ref_sellers where tenant = '3276'),
places as (select array_agg(code order by code) as codes from ref_regions
  where tenant = '3276' and level = 'kelurahan'),
products as (select array_agg(sku order by sku) as skus from ref_products where tenant = '3276'),
made as (
  insert into fct_purchase (purchase_id, tenant, version, is_voided, unit_code, buyer_keys, seller_code, channel,
    purpose, programme, items, total_idr, posts, compliant_posts, local_date, purchased_at, source, pickup_kelurahan,
    recorded_on, latency_seconds)
  select id, '3276', 1, n % 600 = 0, units.codes[1 + a % cardinality(units.codes)],
    array[md5(a % 101 || ' ' || b % 68)],
    sellers.codes[1 + b % cardinality(sellers.codes)], sellers.channels[1 + b % cardinality(sellers.codes)],
    case n % 3 when 0 then 'own_use' else 'donation' end, 'isoman', pieces, pieces * 65000, 1, (n % 4 > 0)::int,
    (at at time zone 'Asia/Jakarta')::date, at, '/pos/' || a % 20, places.codes[1 + a % cardinality(places.codes)],
    (at at time zone 'Asia/Jakarta')::date, 60 + b % 7200
  from drawn, units, sellers, places),
lines as (
  insert into fct_purchase_line (purchase_id, line_no, sku, quantity, unit_price_idr)
  select id, 1, products.skus[1 + b % cardinality(products.skus)], pieces, 65000 from drawn, products),
homes as (
  insert into fct_household (household_id, tenant, version, kelurahan, size, isolation_from, isolation_until,
    is_released, released_at)
  select md5('home ' || n)::uuid, '3276', 2, places.codes[1 + a % cardinality(places.codes)], 4, at - interval '2 days',
    case when is_waiting then 'infinity' else at + interval '12 days' end, not is_waiting,
    case when not is_waiting then at + interval '12 days' end from drawn, places where n % 3 = 1),
packets as (
  insert into fct_task (task_id, tenant, version, status, household_id, kelurahan, attempts, failures, assigned_at,
    accepted_at, delivered_at)
  select md5('task ' || n)::uuid, '3276', 3, case when is_waiting then 'assigned' else 'delivered' end,
    md5('home ' || n)::uuid, places.codes[1 + a % cardinality(places.codes)], 1, 0, at + interval '5 hours',
    case when not is_waiting then at + interval '6 hours' end,
    case when not is_waiting then at + interval '8 hours' + b % 3000 * interval '1 minute' end
  from drawn, places where n % 3 = 1),
refused as (
  insert into fct_rejection (submission_id, tenant, source, codes, rejected_at)
  select md5('refused ' || n)::uuid, '3276', '/pos/' || a % 20, array['UNKNOWN_UNIT'], at from drawn where n % 50 = 0),
corrected as (
  insert into fct_stock_change (lot_id, version, tenant, kind, purchase_id, line_no, sku, quantity, over_delivered, at)
  select md5('lot ' || n)::uuid, 1, '3276', 'expired', id, 1, products.skus[1 + b % cardinality(products.skus)], 1, 0,
    at + interval '9 days'
  from drawn, products where spoilt = 1)
insert into fct_task_line (task_id, purchase_id, line_no, lot_id, sku, quantity)
select md5('task ' || packet)::uuid, id, 1, md5('lot ' || n)::uuid, products.skus[1 + b % cardinality(products.skus)],
  pieces - spoilt from drawn, products where n % 3 > 0
"""
TALLIES = {
    "tally_unit_day": """select unit_code, local_date, count(*), sum(items), sum(total_idr),
      coalesce(sum(total_idr) filter (where purpose = 'donation'), 0),
      coalesce(sum(total_idr) filter (where purpose = 'own_use'), 0), sum(posts), sum(compliant_posts)
    from fct_purchase where not is_voided group by 1, 2""",
    "tally_unit_round": """select unit_code, programme, date_trunc('week', local_date)::date, count(*),
      coalesce(sum(total_idr) filter (where purpose = 'donation'), 0)
    from fct_purchase where not is_voided group by 1, 2, 3""",
    "tally_channel_day": """select tenant, channel, local_date, count(*), sum(items), sum(total_idr)
    from fct_purchase where not is_voided group by 1, 2, 3""",
    "tally_seller_day": """select tenant, seller_code, local_date, count(*), sum(items), sum(total_idr)
    from fct_purchase where not is_voided group by 1, 2, 3""",
    "tally_product_day": """select p.tenant, l.sku, p.local_date, sum(l.quantity), sum(l.quantity * l.unit_price_idr)
    from fct_purchase p join fct_purchase_line l using (purchase_id) where not p.is_voided group by 1, 2, 3""",
    "tally_source_day": """select tenant, source, local_date, sum(accepted), sum(latency_seconds), sum(rejected)
    from (select tenant, source, recorded_on as local_date, count(*) as accepted,
        sum(latency_seconds) as latency_seconds, 0 as rejected from fct_purchase group by 1, 2, 3
      union all select tenant, source, local_date, 0, 0, count(*) from refusal_now group by 1, 2, 3) told
    group by 1, 2, 3""",
    "tally_reason_day": """select tenant, source, local_date, code, count(*)
    from refusal_now, unnest(codes) as code group by 1, 2, 3, 4""",
    "unit_buyers": """select unit_code, buyer_key, count(*) from fct_purchase, unnest(buyer_keys) as buyer_key
    where not is_voided group by 1, 2""",
    "unit_day_buyers": """select unit_code, local_date, programme, buyer_key, count(*)
    from fct_purchase, unnest(buyer_keys) as buyer_key where not is_voided group by 1, 2, 3, 4""",
    "tally_region_day": """select kelurahan, local_date, sum(assigned), sum(accepted), sum(delivered), 0, 0, 0,
      sum(pieces)
    from (select kelurahan, (coalesce(delivered_at, assigned_at) at time zone 'Asia/Jakarta')::date as local_date,
        count(*) as assigned, count(accepted_at) as accepted, count(delivered_at) as delivered, 0 as pieces
      from fct_task group by 1, 2
      union all select kelurahan, (delivered_at at time zone 'Asia/Jakarta')::date, 0, 0, 0, sum(quantity)
      from fct_task join fct_task_line using (task_id) where delivered_at is not null group by 1, 2) told
    group by 1, 2""",
    "fct_stock_line": "select * from stock_line_now",
    "tally_stock": """select tenant, kelurahan, sku, count(*), sum(on_hand), sum(reserved), sum(expired)
    from fct_stock_line group by 1, 2, 3""",
    "fct_delivery": "select * from delivery_now",
    "tally_hours_day": "select * from hours_counted",
    "freshness": "select '3276', topic, now(), now() from unnest(array['purchase', 'task']) as topic",
}


STOCK = ("fct_stock_line", "tally_stock")  # the longest of them, beside all others: for two cores
SETTINGS = {"search_path": "facts", "work_mem": "256MB", "maintenance_work_mem": "512MB", "synchronous_commit": "off"}
KEYS = """select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    as make, format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
  conrelid::regclass::text = any($1) as is_late
from pg_constraint where contype = 'p' and conrelid::regclass::text ~ '^fct_'
union all select indexdef, format('drop index %I', indexname), tablename = any($1) from pg_indexes
where schemaname = 'facts' and tablename ~ '^fct_'
  and indexname not in (select conname from pg_constraint where contype = 'p') order by 1"""
UNLOGGED = """select format('alter table %I set unlogged', tablename) from pg_tables
where schemaname = 'facts' and tablename ~ '^(fct|unit)_'"""


async def count(tx: Transaction, *tallies: str) -> None:
    """Sum these tallies, empty till now, from the facts; `tx` sees the schema first."""
    for tally in tallies:
        await tx.execute(f"insert into {tally} {TALLIES[tally]}", timeout=3600)


async def fill(url: str, purchases: int) -> None:
    """Facts and tallies of a year with so many purchases, into the empty tables of a database that is thrown away.

    Keys and indexes are made when the rows are there, and nothing is written for a crash: ten million take minutes.
    """
    async with asyncpg.create_pool(url, min_size=2, max_size=2, command_timeout=3600, server_settings=SETTINGS) as pool:
        keys = await pool.fetch(KEYS, list(TALLIES))
        for row in await pool.fetch(UNLOGGED):
            await pool.execute(row[0])
        for row in keys:
            await pool.execute(row["drop"])
        firsts = range(1, purchases + 1, CHUNK)
        await asyncio.gather(
            *(pool.execute(PURCHASES, first, min(first + CHUNK - 1, purchases), float(purchases)) for first in firsts)
        )
        await asyncio.gather(*(pool.execute(row["make"]) for row in keys if not row["is_late"]))
        await pool.execute("vacuum analyze")
        async with pool.acquire() as one, pool.acquire() as other:
            await asyncio.gather(count(one, *STOCK), count(other, *(tally for tally in TALLIES if tally not in STOCK)))
        await asyncio.gather(*(pool.execute(row["make"]) for row in keys if row["is_late"]))
        await pool.execute("vacuum analyze")
