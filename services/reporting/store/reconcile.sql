-- name: list_unit_differences
-- Tallies of units by day that differ from the facts.
with truth as (
  select unit_code, local_date, count(*) as purchases, sum(items) as items, sum(total_idr) as spend_idr,
    sum(total_idr) filter (where purpose = 'donation') as donated_idr, sum(posts) as posts,
    sum(compliant_posts) as compliant_posts
  from fct_purchase where not is_voided group by 1, 2)
select 'tally_unit_day' as tally, coalesce(t.unit_code, f.unit_code) || ' ' || coalesce(t.local_date, f.local_date) as key
from tally_unit_day t full join truth f using (unit_code, local_date)
where (coalesce(t.purchases, 0), coalesce(t.items, 0), coalesce(t.spend_idr, 0), coalesce(t.donated_idr, 0),
       coalesce(t.posts, 0), coalesce(t.compliant_posts, 0))
  is distinct from (coalesce(f.purchases, 0), coalesce(f.items, 0), coalesce(f.spend_idr, 0), coalesce(f.donated_idr, 0),
       coalesce(f.posts, 0), coalesce(f.compliant_posts, 0))
order by 2;

-- name: list_round_differences
-- Tallies of units by programme and round that differ from the facts.
with truth as (
  select unit_code, programme, date_trunc('week', local_date)::date as round, count(*) as purchases,
    coalesce(sum(total_idr) filter (where purpose = 'donation'), 0) as donated_idr
  from fct_purchase where not is_voided group by 1, 2, 3)
select 'tally_unit_round' as tally, unit_code || ' ' || programme || ' ' || round as key
from tally_unit_round t full join truth f using (unit_code, programme, round)
where (coalesce(t.purchases, 0), coalesce(t.donated_idr, 0))
  is distinct from (coalesce(f.purchases, 0), coalesce(f.donated_idr, 0))
order by 2;

-- name: list_channel_differences
-- Tallies of channels by day that differ from the facts.
with truth as (
  select tenant, channel, local_date, count(*) as purchases, sum(items) as items, sum(total_idr) as spend_idr
  from fct_purchase where not is_voided group by 1, 2, 3)
select 'tally_channel_day' as tally, concat_ws(' ', tenant, channel, local_date) as key
from tally_channel_day t full join truth f using (tenant, channel, local_date)
where (coalesce(t.purchases, 0), coalesce(t.items, 0), coalesce(t.spend_idr, 0))
  is distinct from (coalesce(f.purchases, 0), coalesce(f.items, 0), coalesce(f.spend_idr, 0))
order by 2;

-- name: list_buyer_differences
-- Counts of buyers that differ from the facts (the key is the unit: a buyer_key is nobody's reading).
with truth as (select unit_code, buyer_key, count(*) as purchases from fct_purchase, unnest(buyer_keys) as buyer_key
  where not is_voided group by 1, 2)
select 'unit_buyers' as tally, coalesce(t.unit_code, f.unit_code) as key
from unit_buyers t full join truth f using (unit_code, buyer_key)
where coalesce(t.purchases, 0) <> coalesce(f.purchases, 0) order by 2;

-- name: list_day_buyer_differences
-- Counts of buyers by day that differ from the facts.
with truth as (select unit_code, local_date, programme, buyer_key, count(*) as purchases
  from fct_purchase, unnest(buyer_keys) as buyer_key where not is_voided group by 1, 2, 3, 4)
select distinct 'unit_day_buyers' as tally, unit_code || ' ' || local_date as key
from unit_day_buyers t full join truth f using (unit_code, local_date, programme, buyer_key)
where coalesce(t.purchases, 0) <> coalesce(f.purchases, 0) order by 2;

-- name: list_region_differences
-- Deliveries per kelurahan that differ from the tasks.
with truth as (select kelurahan, count(*) as tasks, count(*) filter (where status = 'delivered') as delivered,
    sum(attempts) as assigned, sum(failures) as failed from fct_task group by 1),
tally as (select kelurahan, sum(assigned) as assigned, sum(delivered) as delivered, sum(failed) as failed
  from tally_region_day group by 1)
select 'tally_region_day' as tally, kelurahan as key from tally full join truth using (kelurahan)
where (coalesce(tally.assigned, 0), coalesce(tally.delivered, 0), coalesce(tally.failed, 0))
  is distinct from (coalesce(truth.assigned, 0), coalesce(truth.delivered, 0), coalesce(truth.failed, 0)) order by 2;

-- name: list_line_differences
-- Purchases whose lines do not sum to their items.
select 'fct_purchase_line' as tally, purchase_id::text as key from fct_purchase p
where not is_voided and items is distinct from
  (select sum(quantity) from fct_purchase_line l where l.purchase_id = p.purchase_id) order by 2;
