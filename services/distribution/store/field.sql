-- name: save_team!
-- A team that works with the field page.
insert into teams (tenant, team, place, capacity) values (:tenant, :team, :place, :capacity)
on conflict (tenant, team) do update set place = excluded.place, capacity = excluded.capacity;

-- name: find_team^
-- Where a team works, how many packets it carries at once, and since when it is paused.
select team, place, capacity, paused_at from teams where tenant = :tenant and team = :team;

-- name: list_states
-- What became of doors that a team had on its page.
select task_id, status, team, holder, goods, asked from tasks
where tenant = :tenant and task_id = any(:ids::uuid[]) and kelurahan = any(:kelurahans::text[])
  and (level = 'kecamatan' or not :escalated::boolean) order by task_id;

-- name: list_doors
-- Doors that a team may take in its places, those that it has in hand, packets that it must bring back, and those that
-- it need not fetch any more, recalled since the shift began. Families of one house stand next to each other, where the
-- most urgent of them would.
select t.task_id, t.household_id, t.kelurahan, t.status, t.team, t.version, t.attempt, t.level, t.custody, t.holder,
  t.lease_until, t.retry_at, t.deliver_before, t.why, h.rw, h.house_key,
  (select jsonb_agg(jsonb_build_array(l.lot_id, l.sku, l.product ->> 'name', tl.quantity) order by l.sku, l.lot_id)
   from task_lines tl join lots l using (lot_id) where tl.task_id = t.task_id)::text as goods
from tasks t join households h using (household_id)
where t.tenant = :tenant and t.kelurahan = any(:kelurahans::text[])
  and ((t.team = :team and t.status in ('accepted', 'failed'))
    or (t.holder = :team and t.status = 'recalled' and t.goods = 'in_transit')
    or (t.team = :team and t.status = 'recalled' and t.goods = 'available' and t.changed_at > :since)
    or (t.status = 'assigned' and not :is_paused::boolean and t.asked in ('', :team) and not (:team::text = any(t.barred))
      and (t.level = 'kecamatan' or not :escalated::boolean)))
order by t.status <> 'assigned' desc, h.rw nulls last,
  min(t.deliver_before) over (partition by t.status <> 'assigned', h.rw, coalesce(h.house_key, t.task_id::text)),
  h.house_key, t.deliver_before, t.task_id limit 80;
