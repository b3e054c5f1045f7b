-- name: list_unit_differences
-- Tallies of units by day that differ from the facts.
with truth as (
  select unit_code, local_date, count(*) as purchases, sum(items) as items, sum(total_idr) as spend_idr,
    sum(total_idr) filter (where purpose = 'donation') as donated_idr,
    sum(total_idr) filter (where purpose = 'own_use') as own_use_idr, sum(posts) as posts,
    sum(compliant_posts) as compliant_posts, sum(posts_by_unit) as posts_by_unit, sum(compliant_by_unit) as compliant_by_unit
  from fct_purchase where not is_voided group by 1, 2)
select 'tally_unit_day' as tally, coalesce(t.unit_code, f.unit_code) || ' ' || coalesce(t.local_date, f.local_date) as key
from tally_unit_day t full join truth f using (unit_code, local_date)
where (coalesce(t.purchases, 0), coalesce(t.items, 0), coalesce(t.spend_idr, 0), coalesce(t.donated_idr, 0),
       coalesce(t.own_use_idr, 0), coalesce(t.posts, 0), coalesce(t.compliant_posts, 0), coalesce(t.posts_by_unit, 0),
       coalesce(t.compliant_by_unit, 0))
  is distinct from (coalesce(f.purchases, 0), coalesce(f.items, 0), coalesce(f.spend_idr, 0), coalesce(f.donated_idr, 0),
       coalesce(f.own_use_idr, 0), coalesce(f.posts, 0), coalesce(f.compliant_posts, 0), coalesce(f.posts_by_unit, 0),
       coalesce(f.compliant_by_unit, 0))
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
-- Steps of packets per kelurahan that differ from the tasks. Of several times that one was accepted a task knows the last.
with truth as (select kelurahan, sum(attempts) as assigned, sum(failures) as failed, count(accepted_at) as accepted
  from fct_task group by 1),
tally as (select kelurahan, sum(assigned) as assigned, sum(failed) as failed, sum(accepted) as accepted
  from tally_region_day group by 1)
select 'tally_region_day' as tally, kelurahan as key from tally full join truth using (kelurahan)
where (coalesce(tally.assigned, 0), coalesce(tally.failed, 0))
    is distinct from (coalesce(truth.assigned, 0), coalesce(truth.failed, 0))
  or coalesce(tally.accepted, 0) < truth.accepted order by 2;

-- name: list_region_day_differences
-- What became of packets per kelurahan and day, which happens to each once, that differs from the tasks.
with steps as (
  select t.kelurahan, (at at time zone c.time_zone)::date as local_date, told.step,
    case when told.step = 'delivered' then (select sum(quantity) from fct_task_line l where l.task_id = t.task_id) end as pieces
  from fct_task t join ref_cities c using (tenant)
  cross join lateral (values ('delivered', delivered_at), ('returned', returned_at), ('recalled', recalled_at)) as told (step, at)
  where at is not null),
truth as (
  select kelurahan, local_date, count(*) filter (where step = 'delivered') as delivered,
    count(*) filter (where step = 'returned') as returned, count(*) filter (where step = 'recalled') as recalled,
    coalesce(sum(pieces), 0) as pieces
  from steps group by 1, 2)
select 'tally_region_day' as tally, kelurahan || ' ' || local_date as key
from tally_region_day t full join truth f using (kelurahan, local_date)
where (coalesce(t.delivered, 0), coalesce(t.returned, 0), coalesce(t.recalled, 0), coalesce(t.pieces_delivered, 0))
  is distinct from (coalesce(f.delivered, 0), coalesce(f.returned, 0), coalesce(f.recalled, 0), coalesce(f.pieces, 0))
order by 2;

-- name: list_line_differences
-- Purchases whose lines do not sum to their items.
select 'fct_purchase_line' as tally, purchase_id::text as key from fct_purchase p
where not is_voided and items is distinct from
  (select sum(quantity) from fct_purchase_line l where l.purchase_id = p.purchase_id) order by 2;

-- name: list_seller_differences
-- Tallies of sellers by day that differ from the facts.
with truth as (
  select tenant, seller_code, local_date, count(*) as purchases, sum(items) as items, sum(total_idr) as spend_idr
  from fct_purchase where not is_voided group by 1, 2, 3)
select 'tally_seller_day' as tally, concat_ws(' ', tenant, seller_code, local_date) as key
from tally_seller_day t full join truth f using (tenant, seller_code, local_date)
where (coalesce(t.purchases, 0), coalesce(t.items, 0), coalesce(t.spend_idr, 0))
  is distinct from (coalesce(f.purchases, 0), coalesce(f.items, 0), coalesce(f.spend_idr, 0))
order by 2;

-- name: list_product_differences
-- Tallies of products by day that differ from the facts.
with truth as (
  select p.tenant, l.sku, p.local_date, sum(l.quantity) as items, sum(l.quantity * l.unit_price_idr) as spend_idr
  from fct_purchase p join fct_purchase_line l using (purchase_id) where not p.is_voided group by 1, 2, 3)
select 'tally_product_day' as tally, concat_ws(' ', tenant, sku, local_date) as key
from tally_product_day t full join truth f using (tenant, sku, local_date)
where (coalesce(t.items, 0), coalesce(t.spend_idr, 0)) is distinct from (coalesce(f.items, 0), coalesce(f.spend_idr, 0))
order by 2;

-- name: list_source_differences
-- Tallies of sources by day that differ from the facts.
with truth as (
  select tenant, source, local_date, sum(accepted) as accepted, sum(latency_seconds) as latency_seconds, sum(rejected) as rejected
  from (select tenant, source, recorded_on as local_date, 1 as accepted, latency_seconds, 0 as rejected
      from fct_purchase where recorded_on is not null
    union all select tenant, source, local_date, 0, 0, 1 from refusal_now) told
  group by 1, 2, 3)
select 'tally_source_day' as tally, concat_ws(' ', tenant, source, local_date) as key
from tally_source_day t full join truth f using (tenant, source, local_date)
where (coalesce(t.accepted, 0), coalesce(t.latency_seconds, 0), coalesce(t.rejected, 0))
  is distinct from (coalesce(f.accepted, 0), coalesce(f.latency_seconds, 0), coalesce(f.rejected, 0))
order by 2;

-- name: list_reason_differences
-- Tallies of reasons by day that differ from the refusals.
with truth as (
  select tenant, source, local_date, code, count(distinct submission_id) as submissions
  from refusal_now, unnest(codes) as code group by 1, 2, 3, 4)
select 'tally_reason_day' as tally, concat_ws(' ', tenant, source, local_date, code) as key
from tally_reason_day t full join truth f using (tenant, source, local_date, code)
where t.submissions is distinct from f.submissions order by 2;

-- name: list_stock_line_differences
-- Donated lines that are counted otherwise than the facts tell.
select 'fct_stock_line' as tally, coalesce(f.purchase_id, n.purchase_id) || ' ' || coalesce(f.line_no, n.line_no) as key
from fct_stock_line f full join stock_line_now n using (purchase_id, line_no) where (f.*) is distinct from (n.*) order by 2;

-- name: list_stock_differences
-- Tallies of stock that differ from the lines they count.
with truth as (
  select tenant, kelurahan, sku, count(*) as lines, sum(on_hand) as on_hand, sum(reserved) as reserved, sum(expired) as expired
  from fct_stock_line group by 1, 2, 3)
select 'tally_stock' as tally, concat_ws(' ', tenant, kelurahan, sku) as key
from tally_stock t full join truth f using (tenant, kelurahan, sku)
where (t.lines, t.on_hand, t.reserved, t.expired) is distinct from (f.lines, f.on_hand, f.reserved, f.expired) order by 2;

-- name: list_delivery_differences
-- Packets at a door that are counted otherwise than the facts tell.
select 'fct_delivery' as tally, coalesce(f.task_id, n.task_id)::text as key
from fct_delivery f full join delivery_now n using (task_id) where (f.*) is distinct from (n.*) order by 2;

-- name: list_hours_differences
-- Tallies of hours that differ from the packets they count.
select 'tally_hours_day' as tally, concat_ws(' ', tenant, kelurahan, local_date) as key
from tally_hours_day t full join hours_counted f using (tenant, kelurahan, local_date)
where (t.*) is distinct from (f.*) order by 2;

-- name: list_log_differences
-- Buckets of aggregates whose facts are not what the owners' logs told last. What was told within the last moments may
-- still be on its way.
with last as (
  select distinct on (aggregate) aggregate, version, type, body, recorded_at
  from (select aggregate, version, type, body, recorded_at from purchases.event_log
    union all select aggregate, version, type, body, recorded_at from distribution.event_log) logged
  order by aggregate, version desc),
owed as (
  select 'aggregate_versions' as tally, aggregate, version::text as state from last
  union all select 'fct_purchase', aggregate, concat_ws(' ', version, type = 'purchase.voided.v1',
      case when type <> 'purchase.voided.v1' then convert_from(body, 'UTF8')::jsonb ->> 'total_idr' end)
    from last where type in ('purchase.recorded.v1', 'purchase.corrected.v1', 'purchase.voided.v1')
  union all select 'fct_task', aggregate, concat_ws(' ', version, split_part(type, '.', 2)) from last where type like 'task.%'
  union all select 'fct_household', aggregate, concat_ws(' ', version, type = 'household.released.v1')
    from last where type like 'household.%'
  union all select 'fct_recipients', aggregate, concat_ws(' ', told -> 'warga' ->> 'pieces', told -> 'aparatur' ->> 'pieces')
    from last cross join lateral (select convert_from(body, 'UTF8')::jsonb as told) body where type = 'recipients.counted.v1'),
known as (
  select 'aggregate_versions' as tally, aggregate, version::text as state from aggregate_versions
  union all select 'fct_purchase', purchase_id::text, concat_ws(' ', version, is_voided,
      case when not is_voided then total_idr end) from fct_purchase
  union all select 'fct_task', task_id::text, concat_ws(' ', version, status) from fct_task
  union all select 'fct_household', household_id::text, concat_ws(' ', version, is_released) from fct_household
  union all select 'fct_recipients', count_id::text, string_agg(pieces::text, ' ' order by recipients desc)
    from fct_recipients group by count_id),
buckets as (
  select tally, left(md5(aggregate), 2) as bucket,
    count(*) filter (where is_owed) as owed, count(*) filter (where not is_owed) as known,
    sum(hashtextextended(aggregate || ' ' || state, 0)::numeric * case when is_owed then 1 else -1 end) as rest
  from (select true as is_owed, * from owed union all select false, * from known) both_sides
  where aggregate not in (select aggregate from last where recorded_at > now() - make_interval(secs => :grace_seconds::float8))
  group by 1, 2)
select tally, format('bucket %s: %s told, %s known', bucket, owed, known) as key
from buckets where owed <> known or rest <> 0 order by 1, 2;

-- name: count_logs$
-- Events in the owners' logs.
select (select count(*) from purchases.event_log) + (select count(*) from distribution.event_log);

-- name: may_read_logs$
-- A service's own role sees its own schema only; an admin, or a role that was let in, sees the logs.
select bool_and(case when has_schema_privilege(name, 'usage') then has_table_privilege(name || '.event_log', 'select')
  else false end)
from unnest(array['purchases', 'distribution']) as name;

-- name: load_last_check$
-- When the last nightly check began.
select max(checked_at) from quality_check;

-- name: list_late_changes
-- Days of cities that were over when corrections and voids, told since a check, changed them: the day as it is told now.
select p.tenant || ' ' || p.local_date as day, count(*)::int as changes
from purchases.event_log l join fct_purchase p on p.purchase_id = l.aggregate::uuid join ref_cities c using (tenant)
where l.type in ('purchase.corrected.v1', 'purchase.voided.v1') and l.recorded_at > coalesce(:since, '-infinity'::timestamptz)
  and (l.recorded_at at time zone c.time_zone)::date > p.local_date
group by 1 order by 1;

-- name: save_check!
-- What a nightly check found.
insert into quality_check
values (:checked_at, extract(epoch from clock_timestamp() - now())::numeric(12, 3), :is_whole, :events, :differences,
        :by_tally::jsonb, :late_changes::jsonb);

-- name: claim_check$
-- Only one replica checks at a time.
select pg_try_advisory_xact_lock(hashtext('peduli-quality-check'));
