-- name: load_purchases
-- Purchases as they are known.
select purchase_id::text as purchase_id, tenant, version, is_voided, unit_code, buyer_keys, seller_code, channel, purpose,
  programme, items, total_idr, posts, compliant_posts, local_date, purchased_at, source, pickup_kelurahan, recorded_on,
  latency_seconds, posts_by_unit, compliant_by_unit, array(select (sku, quantity, unit_price_idr) from fct_purchase_line l
    where l.purchase_id = p.purchase_id order by line_no) as lines
from fct_purchase p where purchase_id = any(:ids::uuid[]);

-- name: save_purchases!
-- Purchases that were told before, after a batch.
insert into fct_purchase
select purchase_id, tenant, version, is_voided, unit_code, string_to_array(buyer_keys, '|'), seller_code, channel, purpose,
  programme, items, total_idr, posts, compliant_posts, local_date, purchased_at, source, pickup_kelurahan, recorded_on,
  latency_seconds, posts_by_unit, compliant_by_unit
from unnest(:purchase_id::uuid[], :tenant::text[], :version::int[], :is_voided::bool[], :unit_code::text[],
  :buyer_keys::text[], :seller_code::text[], :channel::text[], :purpose::text[], :programme::text[], :items::int[],
  :total_idr::bigint[], :posts::int[], :compliant_posts::int[], :local_date::date[], :purchased_at::timestamptz[],
  :source::text[], :pickup_kelurahan::text[], :recorded_on::date[], :latency_seconds::int[],
  :posts_by_unit::int[], :compliant_by_unit::int[])
  as new (purchase_id, tenant, version, is_voided, unit_code, buyer_keys, seller_code, channel, purpose, programme, items,
          total_idr, posts, compliant_posts, local_date, purchased_at, source, pickup_kelurahan, recorded_on,
          latency_seconds, posts_by_unit, compliant_by_unit)
on conflict (purchase_id) do update set version = excluded.version, is_voided = excluded.is_voided,
  unit_code = excluded.unit_code, buyer_keys = excluded.buyer_keys, seller_code = excluded.seller_code,
  channel = excluded.channel, purpose = excluded.purpose, programme = excluded.programme,
  items = excluded.items, total_idr = excluded.total_idr,
  posts = excluded.posts, compliant_posts = excluded.compliant_posts, local_date = excluded.local_date,
  purchased_at = excluded.purchased_at, source = excluded.source, pickup_kelurahan = excluded.pickup_kelurahan,
  recorded_on = excluded.recorded_on, latency_seconds = excluded.latency_seconds,
  posts_by_unit = excluded.posts_by_unit, compliant_by_unit = excluded.compliant_by_unit;

-- name: delete_lines!
-- Lines and posts of purchases whose whole state is told anew.
with posts as (delete from fct_post where purchase_id = any(:ids::uuid[]))
delete from fct_purchase_line where purchase_id = any(:ids::uuid[]);

-- name: save_tallies!
-- Add to every tally of purchases: one way to the server and back, because a batch has eight of them.
with channels as (
  insert into tally_channel_day as t select * from unnest(:channel_tenant::text[], :channel_code::text[],
    :channel_day::date[], :channel_purchases::int[], :channel_items::bigint[], :channel_spend_idr::bigint[])
  on conflict (tenant, channel, local_date) do update set purchases = t.purchases + excluded.purchases,
    items = t.items + excluded.items, spend_idr = t.spend_idr + excluded.spend_idr),
sellers as (
  insert into tally_seller_day as t select * from unnest(:seller_tenant::text[], :seller_code::text[],
    :seller_day::date[], :seller_purchases::int[], :seller_items::bigint[], :seller_spend_idr::bigint[])
  on conflict (tenant, seller_code, local_date) do update set purchases = t.purchases + excluded.purchases,
    items = t.items + excluded.items, spend_idr = t.spend_idr + excluded.spend_idr),
products as (
  insert into tally_product_day as t select * from unnest(:product_tenant::text[], :product_code::text[],
    :product_day::date[], :product_items::bigint[], :product_spend_idr::bigint[])
  on conflict (tenant, sku, local_date) do update set items = t.items + excluded.items,
    spend_idr = t.spend_idr + excluded.spend_idr),
sources as (
  insert into tally_source_day as t select * from unnest(:source_tenant::text[], :source_name::text[],
    :source_day::date[], :source_accepted::int[], :source_latency_seconds::bigint[])
  on conflict (tenant, source, local_date) do update set accepted = t.accepted + excluded.accepted,
    latency_seconds = t.latency_seconds + excluded.latency_seconds),
rounds as (
  insert into tally_unit_round as t select * from unnest(:round_unit::text[], :round_programme::text[],
    :round_day::date[], :round_purchases::int[], :round_donated_idr::bigint[])
  on conflict (unit_code, programme, round) do update set purchases = t.purchases + excluded.purchases,
    donated_idr = t.donated_idr + excluded.donated_idr),
buyers as (
  insert into unit_buyers as t select * from unnest(:buyer_unit::text[], :buyer_key::text[], :buyer_purchases::int[])
  on conflict (unit_code, buyer_key) do update set purchases = t.purchases + excluded.purchases),
day_buyers as (
  insert into unit_day_buyers as t select * from unnest(:day_buyer_unit::text[], :day_buyer_day::date[],
    :day_buyer_programme::text[], :day_buyer_key::text[], :day_buyer_purchases::int[])
  on conflict (unit_code, local_date, programme, buyer_key) do update set purchases = t.purchases + excluded.purchases)
insert into tally_unit_day as t select * from unnest(:unit_code::text[], :unit_day::date[], :unit_purchases::int[],
  :unit_items::bigint[], :unit_spend_idr::bigint[], :unit_donated_idr::bigint[], :unit_own_use_idr::bigint[],
  :unit_posts::int[], :unit_compliant_posts::int[], :unit_posts_by_unit::int[], :unit_compliant_by_unit::int[])
on conflict (unit_code, local_date) do update set purchases = t.purchases + excluded.purchases,
  items = t.items + excluded.items, spend_idr = t.spend_idr + excluded.spend_idr,
  donated_idr = t.donated_idr + excluded.donated_idr, own_use_idr = t.own_use_idr + excluded.own_use_idr,
  posts = t.posts + excluded.posts, compliant_posts = t.compliant_posts + excluded.compliant_posts,
  posts_by_unit = t.posts_by_unit + excluded.posts_by_unit, compliant_by_unit = t.compliant_by_unit + excluded.compliant_by_unit;

-- name: save_pledges!
-- What units promise for a round; the last word counts, the day is that of the first.
insert into fct_pledge as t select * from unnest(:pledge_id::uuid[], :tenant::text[], :version::int[], :unit_code::text[],
  :programme::text[], :round::date[], :pledged_idr::bigint[], :pledged_packets::int[], :is_late::bool[],
  :pledged_at::timestamptz[])
on conflict (pledge_id) do update set version = excluded.version, pledged_idr = excluded.pledged_idr,
  pledged_packets = excluded.pledged_packets, is_late = excluded.is_late,
  pledged_at = least(t.pledged_at, excluded.pledged_at) where excluded.version > t.version;

-- name: save_tasks!
-- The accumulating snapshot of tasks, a row each; each time stays, also that of a packet which is assigned again.
insert into fct_task as t select * from unnest(:task_id::uuid[], :tenant::text[], :version::int[], :status::text[],
  :household_id::uuid[], :kelurahan::text[], :attempts::int[], :failures::int[], :assigned_at::timestamptz[], :accepted_at::timestamptz[],
  :delivered_at::timestamptz[], :returned_at::timestamptz[], :recalled_at::timestamptz[])
on conflict (task_id) do update set version = greatest(t.version, excluded.version),
  status = case when excluded.version > t.version then excluded.status else t.status end,
  attempts = t.attempts + excluded.attempts, failures = t.failures + excluded.failures,
  assigned_at = least(t.assigned_at, excluded.assigned_at),
  accepted_at = coalesce(excluded.accepted_at, t.accepted_at),
  delivered_at = coalesce(excluded.delivered_at, t.delivered_at), returned_at = coalesce(excluded.returned_at, t.returned_at),
  recalled_at = coalesce(excluded.recalled_at, t.recalled_at);

-- name: save_task_lines!
-- The pieces of packets; a delivery tells how many of them were handed over.
insert into fct_task_line as l select * from unnest(:task_id::uuid[], :purchase_id::uuid[], :line_no::int[], :lot_id::uuid[],
                                                    :sku::text[], :quantity::int[])
on conflict (task_id, lot_id) do update set quantity = least(l.quantity, excluded.quantity)
where l.quantity > excluded.quantity;

-- name: save_region_days!
-- Add to the tally of kelurahan by day.
insert into tally_region_day as t select * from unnest(:region_code::text[], :region_day::date[],
  :region_assigned::int[], :region_accepted::int[], :region_delivered::int[], :region_failed::int[],
  :region_returned::int[], :region_recalled::int[], :region_pieces::bigint[])
on conflict (kelurahan, local_date) do update set assigned = t.assigned + excluded.assigned,
  accepted = t.accepted + excluded.accepted, delivered = t.delivered + excluded.delivered,
  failed = t.failed + excluded.failed, returned = t.returned + excluded.returned, recalled = t.recalled + excluded.recalled,
  pieces_delivered = t.pieces_delivered + excluded.pieces_delivered;

-- name: save_households!
-- Households, a row each; a release tells neither size nor days, so those stay.
insert into fct_household as t select * from unnest(:household_id::uuid[], :tenant::text[], :version::int[],
  :kelurahan::text[], :size::int[], :isolation_from::timestamptz[], :isolation_until::timestamptz[],
  :is_released::bool[], :released_at::timestamptz[])
on conflict (household_id) do update set version = excluded.version, kelurahan = excluded.kelurahan,
  size = coalesce(nullif(excluded.size, 0), t.size), isolation_from = coalesce(excluded.isolation_from, t.isolation_from),
  isolation_until = coalesce(excluded.isolation_until, t.isolation_until), is_released = excluded.is_released,
  released_at = excluded.released_at
where excluded.version > t.version;

-- name: append_rejections!
-- Refused submissions, by the codes of their reasons, each counted the first time that it is told.
with told as (
  select * from unnest(:submission_id::uuid[], :tenant::text[], :source::text[], :codes::text[], :rejected_at::timestamptz[],
    :local_date::date[]) as new (submission_id, tenant, source, codes, rejected_at, local_date)),
new as (
  insert into fct_rejection
  select submission_id, tenant, source, string_to_array(codes, '|'), rejected_at from told
  on conflict do nothing returning submission_id),
counted as (select told.* from told join new using (submission_id)),
reasons as (
  insert into tally_reason_day as t
  select tenant, source, local_date, code, count(distinct submission_id)
  from counted cross join unnest(string_to_array(codes, '|')) as code group by 1, 2, 3, 4 order by 1, 2, 3, 4
  on conflict (tenant, source, local_date, code) do update set submissions = t.submissions + excluded.submissions)
insert into tally_source_day as t
select tenant, source, local_date, 0, 0, count(*) from counted group by 1, 2, 3 order by 1, 2, 3
on conflict (tenant, source, local_date) do update set rejected = t.rejected + excluded.rejected;

-- name: append_stock_changes!
-- Lots that expired or were adjusted.
insert into fct_stock_change select * from unnest(:lot_id::uuid[], :version::int[], :tenant::text[], :kind::text[],
  :purchase_id::uuid[], :line_no::int[], :sku::text[], :quantity::int[], :over_delivered::int[], :at::timestamptz[],
  :damaged::int[], :withdrawn::int[], :expired::int[], :opened::int[], :kit_line_no::int[])
on conflict do nothing;

-- name: append_recipients!
-- Packets of whole weeks by who got them.
insert into fct_recipients select * from unnest(:count_id::uuid[], :recipients::text[], :tenant::text[], :programme::text[],
  :first_date::date[], :last_date::date[], :households::int[], :packets::int[], :pieces::bigint[])
on conflict do nothing;

-- name: save_freshness!
-- The latest event of each topic of a city; one from the future must not hide all that follow.
insert into freshness as t select tenant, topic, least(last, now()), now()
from unnest(:tenants::text[], :topics::text[], :lasts::timestamptz[]) as x (tenant, topic, last)
on conflict (tenant, topic) do update set last_event_at = greatest(t.last_event_at, excluded.last_event_at), last_applied_at = now();

-- name: save_heartbeat!
-- Every lane takes what comes.
insert into heartbeat (seen_at) values (now()) on conflict (is_only) do update set seen_at = now();

-- name: list_trace
-- The lines of a purchase, from rupiah to doorstep.
select * from reporting.v1_trace where tenant = :tenant and purchase_id = :id order by line_no;
