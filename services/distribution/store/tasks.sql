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
-- A task after a decision; when its packet came into other hands, that is written down too.
with before as (select custody, holder from tasks where task_id = :task_id),
handed as (
  insert into hand_overs (task_id, version, from_custody, from_holder, to_custody, to_holder, at)
  select :task_id, :version, custody, holder, :custody, :holder, :now from before
  where (custody, holder) is distinct from (:custody::text, :holder::text)
)
update tasks set status = :status, version = :version, goods = :goods, team = :team, attempt = :attempt,
  lease_until = :lease_until, retry_at = :retry_at, not_home = :not_home, custody = :custody, holder = :holder,
  lapses = :lapses, barred = :barred, level = :level, code_tries = :code_tries, asked = :asked, changed_at = :now,
  proof_kind = coalesce(:proof_kind, proof_kind), proof_hash = coalesce(:proof_hash, proof_hash)
where task_id = :task_id;

-- name: append_rest!
-- What is left of a packet that was handed over in part, as a packet of its own in the same hands.
insert into tasks (task_id, tenant, packet_id, household_id, kelurahan, status, version, goods, team, attempt, lease_until,
                   custody, holder, deliver_before, why, assigned_at, changed_at)
select :task_id, tenant, :packet_id, household_id, kelurahan, :status, :version, :goods, :team, :attempt, :lease_until,
  :custody, :holder, deliver_before, why, :now, :now
from tasks where task_id = :of;

-- name: keep_task_lines!
-- The pieces of a packet that stay in it; a line of 0 pieces goes.
with kept as (select * from unnest(:lot_ids::uuid[], :quantities::int[]) as new (lot_id, quantity)),
gone as (delete from task_lines where task_id = :task_id and lot_id in (select lot_id from kept where quantity = 0))
update task_lines l set quantity = kept.quantity from kept
where l.task_id = :task_id and l.lot_id = kept.lot_id and kept.quantity > 0;

-- name: append_report$
-- A report with its outcome; None when the same report was kept before.
insert into field_reports (tenant, report_id, task_id, kind, team, version, detail, note, outcome, is_conflict, received_at,
                           typed_by, happened_at)
values (:tenant, :report_id, :task_id, :kind, :team, :version, :detail, :note, :outcome, :is_conflict, :now,
        :typed_by, :happened_at)
on conflict do nothing returning report_id;

-- name: find_report^
-- What became of a report that was kept before, and whose and of what it was.
select outcome, task_id, team, kind from field_reports where tenant = :tenant and report_id = :report_id;

-- name: list_conflicts
-- Reports that say something else of a door than what stands, those to be decided first, the newest first; without
-- kelurahan of the whole city.
select r.report_id, r.task_id, t.kelurahan, h.rw, r.kind, r.detail, r.team, r.outcome, r.received_at, t.status,
  t.team as standing_team, a.kind as decision, a.coordinator as decided_by, a.at as decided_at
from field_reports r join tasks t using (task_id) join households h using (household_id)
left join coordinator_acts a on a.tenant = r.tenant and a.report_id = r.report_id
where r.tenant = :tenant and r.is_conflict and (cardinality(:kelurahans::text[]) = 0 or t.kelurahan = any(:kelurahans))
order by a.at nulls first, r.received_at desc, r.report_id limit 200;

-- name: list_hand_overs
-- In whose hands a packet was, from the first on.
select v.version, v.from_custody, v.from_holder, v.to_custody, v.to_holder, v.at
from hand_overs v join tasks t using (task_id) where t.tenant = :tenant and t.task_id = :task_id order by v.version;

-- name: find_task_state^
-- A task's state as its team sees it.
select task_id, kelurahan, status, version, custody, holder, level, attempt, team, lease_until, retry_at from tasks
where tenant = :tenant and task_id = :task_id;

-- name: find_task_place^
-- Where a task is and since when, who is asked, and which team answers for its packet, or will when it fetches it.
select kelurahan, level, case custody when 'lumbung' then team else holder end as holder, assigned_at
from tasks where tenant = :tenant and task_id = :task_id;

-- name: claim_team!
-- Doors that one team takes are counted one after the other.
select pg_advisory_xact_lock(hashtextextended('team:' || :tenant::text || ':' || :team::text, 0));

-- name: find_load^
-- Packets that a team has in hand, how many it can carry (null: it plans its own load), and whether it takes no more.
select (select count(*) from tasks where tenant = :tenant and team = :team and status = 'accepted')::int as load,
  (select capacity from teams where tenant = :tenant and team = :team) as capacity,
  exists (select from teams where tenant = :tenant and team = :team and paused_at is not null) as is_paused;

-- name: count_open
-- Open tasks of each kelurahan of a city.
select kelurahan, count(*) as tasks from tasks where tenant = :tenant and status in ('assigned', 'accepted', 'failed') group by kelurahan;

-- name: list_tasks
-- Open tasks of a kelurahan, or those of some kelurahan that were escalated to the kecamatan; by RW, those without one (`no_rw`) last.
select t.task_id, t.kelurahan, t.status, t.team, t.version, t.deliver_before, t.why, h.rw, h.size, t.level, t.attempt,
  t.custody, t.holder, t.asked
from tasks t join households h using (household_id)
where t.tenant = :tenant and t.kelurahan = any(:kelurahans::text[]) and t.status in ('assigned', 'accepted', 'failed')
  and (t.level = 'kecamatan' or not :escalated::boolean)
  and (coalesce(h.rw, :no_rw), t.task_id) > (:after_rw::int, :after::uuid)
order by coalesce(h.rw, :no_rw), t.task_id limit :size;

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
