-- name: save_page!
-- The code of a household's page, in place of the one before.
insert into household_pages (household_id, tenant, code_hash) values (:household_id, :tenant, :code_hash)
on conflict (household_id) do update set code_hash = excluded.code_hash;

-- name: find_page^
-- The household of a code.
select tenant, household_id from household_pages where code_hash = :code_hash;

-- name: list_packets
-- Packets of a household that are coming or came, newest first, with what it answered, and when a team that has yet to
-- fetch one does so.
select t.task_id, t.status, t.custody, t.team, t.attempt, t.lease_until, t.retry_at, t.deliver_before, t.changed_at, t.why,
  (select jsonb_agg(jsonb_build_array(l.lot_id, l.sku, l.product ->> 'name', tl.quantity) order by l.sku, l.lot_id)
   from task_lines tl join lots l using (lot_id) where tl.task_id = t.task_id)::text as goods,
  a.kind, a.case_number, a.answer_by, a.reply, a.replied_at,
  (select min(p.slot_at) from pickups p where p.tenant = t.tenant and p.kelurahan = t.kelurahan and p.team = t.team
    and p.slot_at > t.changed_at - :slot::interval) as fetched_at
from tasks t left join household_answers a using (task_id)
where t.tenant = :tenant and t.household_id = :household_id and t.status in ('assigned', 'accepted', 'failed', 'delivered')
order by t.assigned_at desc, t.task_id limit 20;

-- name: find_standing^
-- A household that has no packet before it: why it waits, what it is promised, whether others helped, whether its time is over.
select w.reason, w.promised_at, h.other_aid <> '[]' as is_helped,
  h.released_reason is not null or h.isolation_until <= :now as is_over
from households h left join waiting w using (household_id)
where h.tenant = :tenant and h.household_id = :household_id and not exists (
  select from tasks t where t.household_id = h.household_id and t.status in ('assigned', 'accepted', 'failed'));

-- name: append_answer$
-- A household's word about a packet of its own, once; None when it is not its packet.
insert into household_answers (answer_id, tenant, household_id, task_id, kind, missing, case_number, answer_by, answered_at)
select :answer_id, tenant, household_id, task_id, :kind,
  array(select distinct l.sku from task_lines tl join lots l using (lot_id)
        where tl.task_id = tasks.task_id and l.sku = any(:missing::text[]) order by 1),
  :case_number, :answer_by, :now
from tasks where tenant = :tenant and household_id = :household_id and task_id = :task_id
  and status in ('accepted', 'failed', 'delivered')
on conflict (task_id) do update set kind = household_answers.kind returning answer_id;

-- name: list_cases
-- What households say did not arrive or is missing: open cases first, the soonest to be answered first; without kelurahan
-- of the whole city.
select a.case_number, a.kind, a.missing, a.answer_by, a.answered_at, a.reply, a.replied_at, a.task_id, t.kelurahan, t.status, t.team, t.custody, t.holder
from household_answers a join tasks t using (task_id)
where a.tenant = :tenant and a.kind <> 'received' and (cardinality(:kelurahans::text[]) = 0 or t.kelurahan = any(:kelurahans))
order by a.replied_at is not null, a.answer_by, a.case_number limit 200;

-- name: find_case^
-- What the household of a task says did not arrive or is missing, and what it was answered.
select case_number, kind, missing, answer_by, reply, replied_at from household_answers
where tenant = :tenant and task_id = :task_id and kind <> 'received';

-- name: save_reply$
-- The answer to a household's case, once; None when there is no open one.
update household_answers set reply = :reply, replied_at = :now
where tenant = :tenant and task_id = :task_id and kind <> 'received' and replied_at is null returning answer_id;
