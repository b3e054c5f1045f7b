-- name: append_lots!
-- New lots, empty until their first movement.
insert into lots (lot_id, tenant, purchase_id, line_no, sku, product, kelurahan, expires_at, storage, programme, kit_lot_id,
                  per_kit)
select * from unnest(:lot_ids::uuid[], :tenants::text[], :purchase_ids::uuid[], :line_nos::int[], :skus::text[], :products::jsonb[],
                     :kelurahans::text[], :expires_ats::timestamptz[], :storages::text[], :programmes::text[],
                     :kit_lot_ids::uuid[], :per_kits::int[])
on conflict (lot_id) do nothing;

-- name: append_movements!
-- Write movements that were not written before; the database posts them to the balances (stock_entries_are_posted).
insert into stock_entries (lot_id, from_account, to_account, quantity, cause, at)
select lot_id, from_account, to_account, quantity, cause, :now
from unnest(:lot_ids::uuid[], :sources::text[], :targets::text[], :quantities::int[], :causes::text[])
  as new (lot_id, from_account, to_account, quantity, cause)
order by lot_id
on conflict (lot_id, cause, from_account, to_account) do nothing;

-- name: load_lots
-- These lots, locked in one order; with a tenant only those of that city.
select * from lots where lot_id = any(:ids::uuid[]) and (:tenant::text is null or tenant = :tenant)
order by lot_id for update;

-- name: load_kit
-- A lot of a city, and the loose goods that came out of it, locked in the order of a correction.
select *, product::text as product_text from lots where tenant = :tenant and (lot_id = :lot_id or kit_lot_id = :lot_id)
order by lot_id for update;

-- name: load_lots_of_purchase
-- The lots of one purchase, locked, to be corrected.
select * from lots where purchase_id = :purchase_id order by lot_id for update;

-- name: load_open_lots
-- What can be assigned in a city now; lots in another hand are left out. What is withdrawn has nothing available.
select *, product::text as product_text from lots where tenant = :tenant and available > 0 and expires_at > :now
order by lot_id for update skip locked;

-- name: load_spoilt_lots
-- Lots whose time is over while pieces are still in the lumbung.
select * from lots where tenant = :tenant and available > 0 and expires_at <= :now
order by lot_id limit 500 for update;

-- name: save_lot_version$
-- The next version of a lot's events; place, expiry and programme may change with a correction.
update lots set version = version + 1, kelurahan = :kelurahan, expires_at = :expires_at, programme = :programme
where lot_id = :lot_id returning version;

-- name: save_withdrawn!
-- The lot is taken out; what comes back later goes the same way.
update lots set withdrawn_at = coalesce(withdrawn_at, :now) where lot_id = :lot_id;

-- name: list_departures
-- When the pieces of a packet first left the lumbung, by lot.
select lot_id, min(at) as left_at from stock_entries
where lot_id = any(:lot_ids::uuid[]) and to_account = 'in_transit' and starts_with(cause, 'task:' || :task_id::uuid || ':')
group by lot_id;

-- name: claim_reserved
-- Packets with goods of a purchase or a lot that are still in the lumbung, locked: before the lots, as reports do it.
select task_id from tasks where goods = 'reserved' and task_id in (
  select task_id from task_lines join lots using (lot_id) where purchase_id = :purchase_id or lot_id = :lot_id)
order by task_id for update;

-- name: list_unfit
-- Open packets of a city that laws L5 and L6 forbid now; of one household, or (null) of all.
select distinct task_id from unfit_packets
where tenant = :tenant and (:household_id::uuid is null or household_id = :household_id) order by task_id;

-- name: list_open_of_lot
-- Open packets with pieces of a lot, wherever they are.
select task_id from tasks join task_lines using (task_id)
where lot_id = :lot_id and status in ('assigned', 'accepted', 'failed') order by task_id;

-- name: find_adjustment^
-- What came of an adjustment that was told before.
select outcome, moved from stock_adjustments where tenant = :tenant and adjustment_id = :adjustment_id;

-- name: append_adjustment!
-- What an officer said of a lot, and what came of it.
insert into stock_adjustments (tenant, adjustment_id, lot_id, kind, pieces, note, told_by, outcome, moved, at)
values (:tenant, :adjustment_id, :lot_id, :kind, :pieces, :note, :told_by, :outcome, :moved, :now);

-- name: list_adjustments
-- What officers said of a lot, in its order.
select adjustment_id, kind, pieces, note, told_by, outcome, moved, at from stock_adjustments
where lot_id = :lot_id order by at, adjustment_id;

-- name: list_stock
-- Lots of a kelurahan with pieces that are there or may come back; those that spoil first come first.
select * from lots where tenant = :tenant and kelurahan = :kelurahan and available + reserved + in_transit > 0
order by expires_at, lot_id limit 500;

-- name: find_lot^
-- One lot of a city.
select * from lots where tenant = :tenant and lot_id = :lot_id;

-- name: list_entries
-- Every movement of a lot's pieces, the first first.
select from_account, to_account, quantity, cause, at from stock_entries where lot_id = :lot_id order by entry_id;

-- name: list_balances_at
-- All pieces of a city by account as they were at a moment, reckoned from the entries alone.
with sums as (
  select account, sum(case when account in ('bought', 'over_delivered') then -change else change end)::bigint as pieces
  from stock_entries join lots using (lot_id)
  cross join lateral (values (to_account, quantity), (from_account, -quantity)) as side (account, change)
  where tenant = :tenant and at <= :at group by account
)
select account, coalesce(pieces, 0) as pieces
from unnest(array['bought', 'over_delivered', 'available', 'reserved', 'in_transit', 'delivered', 'returned', 'expired',
  'withdrawn', 'damaged', 'opened']) with ordinality as accounts (account, place) left join sums using (account) order by place;

-- name: list_reserved
-- Packets whose goods are still in the lumbung, with their pieces of a lot.
select task_id, quantity, status <> 'assigned' as is_accepted, assigned_at from tasks join task_lines using (task_id)
where lot_id = :lot_id and goods = 'reserved' order by task_id;

-- name: save_due!
-- Something changed in these cities: allocate soon. A mark that is there already is locked until we commit (`where
-- false` changes nothing, yet locks): taken before, its allocation would not see our change, and nothing would tell again.
insert into due (tenant) select unnest(:tenants::text[])
on conflict (tenant) do update set marked_at = due.marked_at where false;

-- name: claim_due$
-- Take the mark away before looking, so that a change made meanwhile marks it again.
delete from due where tenant = (select tenant from due where tenant = any(:tenants::text[])
  order by marked_at limit 1 for update skip locked) returning tenant;

-- name: claim_city!
-- One allocation of a city at a time, whatever number of instances run.
select pg_advisory_xact_lock(hashtext('peduli-allocate'), hashtext(:tenant));

-- name: load_sums^
-- All pieces of a city by account: the accounting line.
select coalesce(sum(bought), 0) as bought, coalesce(sum(over_delivered), 0) as over_delivered,
  coalesce(sum(available), 0) as available, coalesce(sum(reserved), 0) as reserved,
  coalesce(sum(in_transit), 0) as in_transit, coalesce(sum(delivered), 0) as delivered,
  coalesce(sum(returned), 0) as returned, coalesce(sum(expired), 0) as expired,
  coalesce(sum(withdrawn), 0) as withdrawn, coalesce(sum(damaged), 0) as damaged, coalesce(sum(opened), 0) as opened
from lots where tenant = :tenant;
