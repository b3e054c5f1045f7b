-- name: count_done
-- Doors that the teams of each kelurahan have served since a moment.
select kelurahan, count(*) as doors from tasks
where tenant = :tenant and status = 'delivered' and changed_at >= :since group by kelurahan;

-- name: load_door_hours
-- The 90th percentile of hours from assignment to door in each kelurahan, where enough was delivered to tell.
select kelurahan,
  (percentile_cont(0.9) within group (order by extract(epoch from changed_at - assigned_at)) / 3600)::float8 as hours
from tasks where tenant = :tenant and status = 'delivered' and changed_at >= :since
group by kelurahan having count(*) >= :enough;

-- name: count_assigned^
-- Packets that were made since a moment, and when the first of them was.
select count(*) as packets, min(assigned_at) as first_at from tasks where tenant = :tenant and assigned_at >= :since;

-- name: list_unaccepted
-- Tasks that no team has accepted yet, and whose goods are in the lumbung.
select task_id from tasks where tenant = :tenant and status = 'assigned' and goods = 'reserved' order by task_id;

-- name: load_lots
-- Lots by their ids.
select lot_id, purchase_id, line_no, sku, kelurahan, bought, expires_at, programme from lots where lot_id = any(:ids::uuid[]);

-- name: find_decision^
-- A task with the reasons for it, and the household that it is for.
select task_id, household_id, kelurahan, status, assigned_at, deliver_before, why from tasks
where tenant = :tenant and task_id = :task_id;

-- name: list_goods
-- What is in the packet of a task; a product that is not in the catalogue has the name that was told.
select l.sku, l.product ->> 'name' as name, sum(tl.quantity)::int as quantity
from task_lines tl join lots l using (lot_id) where tl.task_id = :task_id group by 1, 2 order by 1;

-- name: find_waiting^
-- Why a household waits, and what it is promised.
select household_id, reason, since, promised_at from waiting where tenant = :tenant and household_id = :household_id;

-- name: save_waiting!
-- The waiting list of a city after an allocation; who waited before keeps the time.
with gone as (delete from waiting where tenant = :tenant and not household_id = any(:ids::uuid[]))
insert into waiting (household_id, tenant, reason, promised_at)
select household_id, :tenant, reason, promised_at
from unnest(:ids::uuid[], :reasons::text[], :promised_ats::timestamptz[]) as new (household_id, reason, promised_at)
on conflict (household_id) do update set reason = excluded.reason, promised_at = excluded.promised_at;
