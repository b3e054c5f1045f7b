-- name: load_purchases
-- Purchases as they are known.
select purchase_id::text as purchase_id, tenant, version, is_voided, unit_code, buyer_keys, seller_code, channel, purpose,
  programme, items, total_idr, posts, compliant_posts, local_date, purchased_at
from fct_purchase where purchase_id = any(:ids::uuid[]);

-- name: save_purchases!
-- Purchases after a batch.
insert into fct_purchase
select purchase_id, tenant, version, is_voided, unit_code, string_to_array(buyer_keys, '|'), seller_code, channel, purpose,
  programme, items, total_idr, posts, compliant_posts, local_date, purchased_at
from unnest(:purchase_id::uuid[], :tenant::text[], :version::int[], :is_voided::bool[], :unit_code::text[],
  :buyer_keys::text[], :seller_code::text[], :channel::text[], :purpose::text[], :programme::text[], :items::int[],
  :total_idr::bigint[], :posts::int[], :compliant_posts::int[], :local_date::date[], :purchased_at::timestamptz[])
  as new (purchase_id, tenant, version, is_voided, unit_code, buyer_keys, seller_code, channel, purpose, programme, items,
          total_idr, posts, compliant_posts, local_date, purchased_at)
on conflict (purchase_id) do update set version = excluded.version, is_voided = excluded.is_voided,
  unit_code = excluded.unit_code, buyer_keys = excluded.buyer_keys, seller_code = excluded.seller_code,
  channel = excluded.channel, purpose = excluded.purpose, programme = excluded.programme,
  items = excluded.items, total_idr = excluded.total_idr,
  posts = excluded.posts, compliant_posts = excluded.compliant_posts, local_date = excluded.local_date,
  purchased_at = excluded.purchased_at;

-- name: delete_lines!
-- Lines and posts of purchases whose whole state is told anew.
with posts as (delete from fct_post where purchase_id = any(:ids::uuid[]))
delete from fct_purchase_line where purchase_id = any(:ids::uuid[]);

-- name: append_lines!
-- Lines of purchases.
insert into fct_purchase_line select * from unnest(:ids::uuid[], :line_nos::int[], :skus::text[], :quantities::int[],
                                                   :prices::bigint[]);

-- name: append_posts!
-- Posts of purchases.
insert into fct_post select * from unnest(:ids::uuid[], :hashes::text[], :saids::text[], :compliants::bool[],
                                          :posted_ats::timestamptz[]) on conflict do nothing;

-- name: save_unit_days!
-- Add to the tally of units by day.
insert into tally_unit_day as t select * from unnest(:unit::text[], :day::date[], :purchases::int[], :items::bigint[],
  :spend_idr::bigint[], :donated_idr::bigint[], :own_use_idr::bigint[], :posts::int[], :compliant_posts::int[])
on conflict (unit_code, local_date) do update set purchases = t.purchases + excluded.purchases,
  items = t.items + excluded.items, spend_idr = t.spend_idr + excluded.spend_idr,
  donated_idr = t.donated_idr + excluded.donated_idr, own_use_idr = t.own_use_idr + excluded.own_use_idr,
  posts = t.posts + excluded.posts, compliant_posts = t.compliant_posts + excluded.compliant_posts;

-- name: save_unit_rounds!
-- Add to the tally of units by programme and round.
insert into tally_unit_round as t
select * from unnest(:unit::text[], :programme::text[], :round::date[], :purchases::int[], :donated_idr::bigint[])
on conflict (unit_code, programme, round) do update set purchases = t.purchases + excluded.purchases,
  donated_idr = t.donated_idr + excluded.donated_idr;

-- name: save_pledge!
-- What a unit promises for a round; a later version wins.
insert into fct_pledge as t values (:pledge_id::uuid, :tenant, :version, :unit_code, :programme, :round::date,
                                    :pledged_idr, :pledged_packets, :is_late, :pledged_at::timestamptz)
on conflict (pledge_id) do update set version = excluded.version, pledged_idr = excluded.pledged_idr,
  pledged_packets = excluded.pledged_packets where excluded.version > t.version;

-- name: save_channel_days!
-- Add to the tally of channels by day.
insert into tally_channel_day as t select * from unnest(:tenant::text[], :channel::text[], :day::date[],
  :purchases::int[], :items::bigint[], :spend_idr::bigint[])
on conflict (tenant, channel, local_date) do update set purchases = t.purchases + excluded.purchases,
  items = t.items + excluded.items, spend_idr = t.spend_idr + excluded.spend_idr;

-- name: save_buyers!
-- Add to how often a buyer has bought in a unit.
insert into unit_buyers as t select * from unnest(:unit::text[], :buyer::text[], :purchases::int[])
on conflict (unit_code, buyer_key) do update set purchases = t.purchases + excluded.purchases;

-- name: save_day_buyers!
-- Add to how often a buyer has bought in a unit on a day.
insert into unit_day_buyers as t
select * from unnest(:unit::text[], :day::date[], :programme::text[], :buyer::text[], :purchases::int[])
on conflict (unit_code, local_date, programme, buyer_key) do update set purchases = t.purchases + excluded.purchases;

-- name: save_tasks!
-- The accumulating snapshot of tasks; a later version wins, each time stays.
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

-- name: append_task_lines!
-- The pieces of a packet; a delivery tells how many of them were handed over.
insert into fct_task_line as l select * from unnest(:task_ids::uuid[], :purchase_ids::uuid[], :line_nos::int[], :lot_ids::uuid[],
                                                    :skus::text[], :quantities::int[])
on conflict (task_id, lot_id) do update set quantity = least(l.quantity, excluded.quantity)
where l.quantity > excluded.quantity;

-- name: save_region_days!
-- Add to the tally of kelurahan by day.
insert into tally_region_day as t select * from unnest(:kelurahan::text[], :day::date[], :assigned::int[], :accepted::int[],
  :delivered::int[], :failed::int[], :returned::int[], :recalled::int[], :pieces::bigint[])
on conflict (kelurahan, local_date) do update set assigned = t.assigned + excluded.assigned,
  accepted = t.accepted + excluded.accepted, delivered = t.delivered + excluded.delivered,
  failed = t.failed + excluded.failed, returned = t.returned + excluded.returned, recalled = t.recalled + excluded.recalled,
  pieces_delivered = t.pieces_delivered + excluded.pieces_delivered;

-- name: save_household!
-- A household; a later version wins.
insert into fct_household as t values (:household_id::uuid, :tenant, :version, :kelurahan, :size,
  :isolation_from::timestamptz, :isolation_until::timestamptz, :is_released)
on conflict (household_id) do update set version = excluded.version, kelurahan = excluded.kelurahan,
  size = greatest(excluded.size, case when excluded.is_released then t.size else 0 end),
  isolation_from = coalesce(excluded.isolation_from, t.isolation_from),
  isolation_until = coalesce(excluded.isolation_until, t.isolation_until), is_released = excluded.is_released
where excluded.version > t.version;

-- name: save_rejection!
-- A refused submission, by the codes of its reasons.
insert into fct_rejection values (:submission_id::uuid, :tenant, :source, :codes::text[], :rejected_at::timestamptz)
on conflict do nothing;

-- name: save_stock_change!
-- A lot that expired or was adjusted.
insert into fct_stock_change values (:lot_id::uuid, :version, :tenant, :kind, :purchase_id::uuid, :line_no, :sku,
                                     :quantity, :over_delivered, :at::timestamptz, :damaged, :withdrawn, :expired) on conflict do nothing;

-- name: save_freshness!
-- The latest event of each topic of a city; one from the future must not hide all that follow.
insert into freshness as t select tenant, topic, least(last, now()), now()
from unnest(:tenants::text[], :topics::text[], :lasts::timestamptz[]) as x (tenant, topic, last)
on conflict (tenant, topic) do update set last_event_at = greatest(t.last_event_at, excluded.last_event_at), last_applied_at = now();

-- name: save_heartbeat!
-- The consumer is alive.
insert into heartbeat (seen_at) values (now()) on conflict (is_only) do update set seen_at = now();

-- name: list_trace
-- The lines of a purchase, from rupiah to doorstep.
select * from reporting.v1_trace where tenant = :tenant and purchase_id = :id order by line_no;
