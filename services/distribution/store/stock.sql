-- name: append_lots!
-- New lots, empty until their first movement.
insert into lots (lot_id, tenant, purchase_id, line_no, sku, product, kelurahan, expires_at)
select * from unnest(:lot_ids::uuid[], :tenants::text[], :purchase_ids::uuid[], :line_nos::int[], :skus::text[], :products::jsonb[],
                     :kelurahans::text[], :expires_ats::timestamptz[])
on conflict (lot_id) do nothing;

-- name: append_movements!
-- Write movements that were not written before, and their balances, in one statement.
with moved as (
  insert into stock_entries (lot_id, from_account, to_account, quantity, cause, at)
  select lot_id, from_account, to_account, quantity, cause, :now
  from unnest(:lot_ids::uuid[], :sources::text[], :targets::text[], :quantities::int[], :causes::text[])
    as new (lot_id, from_account, to_account, quantity, cause)
  order by lot_id
  on conflict do nothing returning lot_id, from_account, to_account, quantity
), sides as (
  select lot_id, to_account as account, quantity as change from moved
  union all select lot_id, from_account, -quantity from moved
), sums as (
  select lot_id,
    -coalesce(sum(change) filter (where account = 'bought'), 0) as bought,
    -coalesce(sum(change) filter (where account = 'over_delivered'), 0) as over_delivered,
    coalesce(sum(change) filter (where account = 'available'), 0) as available,
    coalesce(sum(change) filter (where account = 'reserved'), 0) as reserved,
    coalesce(sum(change) filter (where account = 'in_transit'), 0) as in_transit,
    coalesce(sum(change) filter (where account = 'delivered'), 0) as delivered,
    coalesce(sum(change) filter (where account = 'returned'), 0) as returned,
    coalesce(sum(change) filter (where account = 'expired'), 0) as expired,
    coalesce(sum(change) filter (where account = 'withdrawn'), 0) as withdrawn,
    coalesce(sum(change) filter (where account = 'damaged'), 0) as damaged
  from sides group by lot_id
)
update lots set bought = lots.bought + sums.bought, over_delivered = lots.over_delivered + sums.over_delivered,
  available = lots.available + sums.available, reserved = lots.reserved + sums.reserved,
  in_transit = lots.in_transit + sums.in_transit, delivered = lots.delivered + sums.delivered,
  returned = lots.returned + sums.returned, expired = lots.expired + sums.expired,
  withdrawn = lots.withdrawn + sums.withdrawn, damaged = lots.damaged + sums.damaged
from sums where lots.lot_id = sums.lot_id;

-- name: load_lots_of_purchase
-- The lots of one purchase, locked, to be corrected.
select *, product::text as product_text from lots where purchase_id = :purchase_id order by lot_id for update;

-- name: load_open_lots
-- What can be assigned in a city now; lots in another hand are left out.
select *, product::text as product_text from lots where tenant = :tenant and available > 0 and expires_at > :now
order by lot_id for update skip locked;

-- name: load_spoilt_lots
-- Lots whose time is over while pieces are still in the lumbung.
select *, product::text as product_text from lots where tenant = :tenant and available > 0 and expires_at <= :now
order by lot_id limit 500 for update;

-- name: save_lot_version$
-- The next version of a lot's events; place and expiry may change with a correction.
update lots set version = version + 1, kelurahan = :kelurahan, expires_at = :expires_at
where lot_id = :lot_id returning version;

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
  coalesce(sum(withdrawn), 0) as withdrawn, coalesce(sum(damaged), 0) as damaged
from lots where tenant = :tenant;
