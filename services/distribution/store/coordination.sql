-- name: save_coordinator!
-- Who coordinates a place.
insert into coordinators (tenant, coordinator, place) values (:tenant, :coordinator, :place)
on conflict (tenant, coordinator) do update set place = excluded.place;

-- name: find_coordinator$
-- The place of a coordinator.
select place from coordinators where tenant = :tenant and coordinator = :coordinator;

-- name: append_act$
-- What a coordinator decided; None when that report was decided on before.
insert into coordinator_acts (act_id, tenant, coordinator, kind, task_id, report_id, team, reason, at)
values (:act_id, :tenant, :coordinator, :kind, :task_id, :report_id, :team, :reason, :now)
on conflict (tenant, report_id) where report_id is not null do nothing returning act_id;

-- name: save_pause!
-- A team takes no new doors from now on, or works again.
update teams set paused_at = case when :is_paused::boolean then coalesce(paused_at, :now::timestamptz) end
where tenant = :tenant and team = :team;

-- name: list_in_work
-- Packets in work of these kelurahan, the late ones first.
select t.task_id, t.kelurahan, h.rw, t.status, t.team, t.holder, t.custody, t.level, t.lapses, t.asked, t.lease_until,
  t.retry_at, t.deliver_before, coalesce(t.late_from < :now, false) as is_late
from packets_in_work t join households h using (household_id)
where t.tenant = :tenant and t.kelurahan = any(:kelurahans::text[])
order by is_late desc, t.status = 'failed' desc, t.deliver_before, t.task_id limit 200;

-- name: count_headlines^
-- What the head of a coordinator's page tells of these kelurahan, however long its lists: packets in work, reports that nobody
-- has decided on, households that wait for goods, lots as in list_expiring.
select count(*)::int as packets,
  count(*) filter (where status = 'assigned')::int as assigned,
  count(*) filter (where status = 'accepted')::int as accepted,
  count(*) filter (where status = 'accepted' and custody = 'lumbung')::int as unfetched,
  count(*) filter (where status = 'failed')::int as failed,
  count(*) filter (where late_from < :now)::int as late,
  (select count(*) from field_reports r join tasks c using (task_id) where r.tenant = :tenant and r.is_conflict
    and c.kelurahan = any(:kelurahans::text[]) and not exists (
      select from coordinator_acts a where a.tenant = r.tenant and a.report_id = r.report_id))::int as conflicts,
  (select count(*) from waiting w join households h using (household_id)
    where w.tenant = :tenant and h.kelurahan = any(:kelurahans::text[]))::int as waiting,
  (select count(*) from lots where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and available + reserved > 0
    and expires_at < :before)::int as spoiling
from packets_in_work where tenant = :tenant and kelurahan = any(:kelurahans::text[]);

-- name: count_by_rw
-- Doors of each RW, of which no more is told than how many there are: households in isolation, those that wait for goods,
-- packets that wait for a team, are in hand, failed, are late, or were brought since a moment.
select h.kelurahan, h.rw, count(*)::int as homes,
  count(*) filter (where w.household_id is not null)::int as waiting,
  count(*) filter (where t.status = 'assigned')::int as free,
  count(*) filter (where t.status = 'accepted')::int as in_hand,
  count(*) filter (where t.status = 'failed')::int as failed,
  count(*) filter (where t.late_from < :now)::int as late,
  (count(*) filter (where exists (select from tasks d where d.household_id = h.household_id and d.status = 'delivered'
    and d.changed_at >= :since)))::int as done
from households h left join waiting w using (household_id)
left join packets_in_work t on t.household_id = h.household_id and t.status <> 'recalled'
where h.tenant = :tenant and h.kelurahan = any(:kelurahans::text[])
  and (t.task_id is not null or (h.released_reason is null and h.isolation_until > :since))
group by h.kelurahan, h.rw order by h.kelurahan, h.rw nulls last;

-- name: list_teams
-- Teams of these places, and those that have packets of these kelurahan in hand, with their load; what is `unfetched` of it
-- still lies in the lumbung.
with held as (
  select team, count(*) filter (where status = 'accepted')::int as in_hand,
    count(*) filter (where status = 'accepted' and custody = 'lumbung')::int as unfetched,
    count(*) filter (where status = 'failed')::int as failed,
    count(*) filter (where status = 'delivered' and changed_at >= :since)::int as done
  from tasks where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and team <> ''
    and (status in ('accepted', 'failed') or (status = 'delivered' and changed_at >= :since)) group by team
)
select team, coalesce(in_hand, 0) as in_hand, coalesce(unfetched, 0) as unfetched, coalesce(failed, 0) as failed, coalesce(done, 0) as done, place, capacity,
  paused_at
from held full join (select * from teams where tenant = :tenant and place = any(:places::text[])) as own using (team)
order by place nulls last, team;

-- name: list_waiting
-- Households of these kelurahan that wait for goods, by RW, with what they are promised; those promised nothing first.
select w.household_id, h.kelurahan, h.rw, w.reason, w.since, w.promised_at, h.isolation_until
from waiting w join households h using (household_id)
where w.tenant = :tenant and h.kelurahan = any(:kelurahans::text[])
order by w.promised_at nulls first, h.isolation_until, w.household_id limit 200;

-- name: list_expiring
-- Lots that lie in these kelurahan and spoil before a moment.
select lot_id, kelurahan, sku, product ->> 'name' as name, available, reserved, expires_at from lots
where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and available + reserved > 0 and expires_at < :before
order by expires_at, lot_id limit 100;

-- name: find_packet^
-- A packet as a coordinator sees it: nothing of who lives there.
select t.task_id, t.household_id, t.kelurahan, h.rw, t.status, t.team, t.holder, t.custody, t.level, t.lapses, t.barred, t.asked,
  t.version, t.attempt, t.lease_until, t.retry_at, t.deliver_before, t.arrives_at, t.assigned_at, t.goods,
  (select jsonb_agg(jsonb_build_array(l.lot_id, l.sku, l.product ->> 'name', tl.quantity) order by l.sku, l.lot_id)
   from task_lines tl join lots l using (lot_id) where tl.task_id = t.task_id)::text as contents
from tasks t join households h using (household_id)
where t.tenant = :tenant and t.task_id = :task_id and t.kelurahan = any(:kelurahans::text[]);

-- name: list_reports
-- What was reported of a packet, and what was decided on reports that differ; the first first.
select r.report_id, r.kind, r.detail, r.note, r.team, r.outcome, r.is_conflict, r.received_at, r.typed_by, r.happened_at,
  a.kind as decision, a.coordinator as decided_by, a.reason as decided_why, a.at as decided_at
from field_reports r left join coordinator_acts a on a.tenant = r.tenant and a.report_id = r.report_id
where r.tenant = :tenant and r.task_id = :task_id order by r.received_at, r.report_id;

-- name: list_acts
-- What coordinators decided about a packet beside reports, the first first.
select kind, coordinator, team, reason, at from coordinator_acts
where tenant = :tenant and task_id = :task_id and report_id is null order by at, act_id;

-- name: list_carried
-- Packets of these kelurahan that are in a team's hands, as its printed list has them, or that it has to bring back.
select t.task_id, t.kelurahan, h.rw, t.status, t.version, t.custody,
  (select jsonb_agg(jsonb_build_array(l.lot_id, l.sku, l.product ->> 'name', tl.quantity) order by l.sku, l.lot_id)
   from task_lines tl join lots l using (lot_id) where tl.task_id = t.task_id)::text as contents
from tasks t join households h using (household_id)
where t.tenant = :tenant and t.kelurahan = any(:kelurahans::text[])
  and ((t.team = :team and t.status in ('accepted', 'failed'))
    or (t.holder = :team and t.status in ('assigned', 'recalled') and t.goods = 'in_transit'))
order by h.rw nulls last, t.task_id limit 80;

-- name: find_conflict^
-- A report that differs, and its packet.
select report_id, task_id, kind, detail, team from field_reports
where tenant = :tenant and report_id = :report_id and is_conflict;
