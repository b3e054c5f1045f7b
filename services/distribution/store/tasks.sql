-- name: append_tasks!
-- Planned packets as tasks.
insert into tasks (task_id, tenant, packet_id, household_id, kelurahan, status, version, goods, deliver_before, arrives_at,
                   why, assigned_at, changed_at)
select task_id, :tenant, packet_id, household_id, kelurahan, 'assigned', 1, 'reserved', deliver_before, arrives_at,
  string_to_array(why, '|'), :now, :now
from unnest(:task_ids::uuid[], :packet_ids::uuid[], :household_ids::uuid[], :kelurahans::text[],
            :deliver_befores::timestamptz[], :arrives_ats::timestamptz[], :whys::text[])
  as new (task_id, packet_id, household_id, kelurahan, deliver_before, arrives_at, why);

-- name: append_task_lines!
-- The pieces in each packet.
insert into task_lines (task_id, lot_id, quantity)
select * from unnest(:task_ids::uuid[], :lot_ids::uuid[], :quantities::int[]);

-- name: claim_tasks
-- Tasks of a city with their lines, locked.
select t.*, h.rw, (select jsonb_agg(jsonb_build_object('lot_id', l.lot_id, 'purchase_id', l.purchase_id, 'line_no', l.line_no,
    'sku', l.sku, 'quantity', tl.quantity) order by l.lot_id)
  from task_lines tl join lots l using (lot_id) where tl.task_id = t.task_id)::text as lines
from tasks t join households h using (household_id)
where t.tenant = :tenant and t.task_id = any(:ids::uuid[]) order by t.task_id for update of t;

-- name: list_open_of_household
-- The open task of a household.
select task_id from tasks where household_id = :household_id and status in ('assigned', 'accepted', 'failed');

-- name: list_overdue
-- Tasks of a city that a sweep must look at: leases over, next tries due, isolation over, goods spoilt.
select task_id, (h.isolation_until <= :now or h.released_reason is not null or t.deliver_before <= :now) as is_over
from tasks t join households h using (household_id)
where t.tenant = :tenant and t.status in ('assigned', 'accepted', 'failed') and (t.lease_until <= :now or t.retry_at <= :now
  or (t.status = 'assigned' and (h.isolation_until <= :now or t.deliver_before <= :now)))
order by task_id limit 500;

-- name: save_task!
-- A task after a decision.
update tasks set status = :status, version = :version, goods = :goods, team = :team, attempt = :attempt,
  lease_until = :lease_until, retry_at = :retry_at, not_home = :not_home, changed_at = :now,
  proof_kind = coalesce(:proof_kind, proof_kind), proof_hash = coalesce(:proof_hash, proof_hash)
where task_id = :task_id;

-- name: append_report$
-- A report with its outcome; None when the same report was kept before.
insert into field_reports (tenant, report_id, task_id, kind, team, outcome, received_at)
values (:tenant, :report_id, :task_id, :kind, :team, :outcome, :now) on conflict do nothing returning report_id;

-- name: find_report$
-- What became of a report that was kept before.
select outcome from field_reports where tenant = :tenant and report_id = :report_id;

-- name: count_open
-- Open tasks of each kelurahan of a city.
select kelurahan, count(*) as tasks from tasks where tenant = :tenant and status in ('assigned', 'accepted', 'failed') group by kelurahan;

-- name: list_tasks
-- Open tasks of a kelurahan, by RW.
select t.task_id, t.status, t.team, t.version, t.deliver_before, t.why, h.rw, h.size from tasks t
join households h using (household_id)
where t.tenant = :tenant and t.kelurahan = :kelurahan and t.status in ('assigned', 'accepted', 'failed')
order by h.rw nulls last, t.task_id limit 200;

-- name: find_subject$
-- The task, household or lot that an event or a field report is about.
select aggregate from event_log where event_id = :id
union all select task_id::text from field_reports where report_id = :id limit 1;

-- name: list_trace
-- Where pieces went, by the id of a purchase, lot, packet, task or household: each packet with its task.
with named as (
  select task_id, lot_id from lots join task_lines using (lot_id) where purchase_id = :id
  union select task_id, lot_id from task_lines where task_id = :id or lot_id = :id
  union select task_id, lot_id from tasks join task_lines using (task_id) where packet_id = :id or household_id = :id
)
select l.purchase_id, l.line_no, l.sku, tl.quantity, t.task_id, t.packet_id, t.household_id, t.kelurahan, t.status, t.team,
  t.assigned_at, t.changed_at, t.why
from named join task_lines tl using (task_id, lot_id) join lots l using (lot_id) join tasks t using (task_id)
where l.tenant = :tenant
order by l.purchase_id, l.line_no, t.assigned_at, t.task_id limit 1000;

-- name: list_lots
-- Lots by their own id, and those of purchases, with their balances.
select * from lots
where tenant = :tenant and (purchase_id = any(:ids::uuid[]) or lot_id = any(:ids::uuid[])) order by purchase_id, line_no;
