-- name: claim_households
-- The households as they stand, locked.
select * from households where household_id = any(:ids::uuid[]) order by household_id for update;

-- name: save_household!
-- A household after a report.
insert into households (household_id, tenant, version, kelurahan, rw, size, groups, allergens, isolation_from,
                        isolation_until, released_reason)
values (:household_id, :tenant, :version, :kelurahan, :rw, :size, :groups, :allergens, :isolation_from, :isolation_until,
        :released_reason)
on conflict (household_id) do update set version = excluded.version, kelurahan = excluded.kelurahan, rw = excluded.rw,
  size = excluded.size, groups = excluded.groups, allergens = excluded.allergens,
  isolation_from = excluded.isolation_from, isolation_until = excluded.isolation_until,
  released_reason = excluded.released_reason, changed_at = now();

-- name: save_people!
-- The sealed people of a household.
insert into people (household_id, sealed) values (:household_id, :sealed)
on conflict (household_id) do update set sealed = excluded.sealed;

-- name: find_people$
-- The sealed people of a household; only the team that accepted its task may open them.
select sealed from people where household_id = :household_id;

-- name: load_isolating
-- Households of a city that may get a packet, with the pieces that they got or that are on the way, by sku.
select h.household_id, h.kelurahan, h.rw, h.size, h.groups, h.allergens, h.isolation_from, h.isolation_until,
  coalesce(g.packets, 0) as packets, coalesce(g.is_open, false) as is_open, coalesce(g.goods, '[]')::text as goods
from households h
left join lateral (
  select count(distinct t.task_id) as packets, bool_or(t.status in ('assigned', 'accepted', 'failed')) as is_open,
    jsonb_agg(jsonb_build_array(l.sku, tl.quantity)) as goods
  from tasks t join task_lines tl using (task_id) join lots l using (lot_id)
  where t.household_id = h.household_id and t.status in ('assigned', 'accepted', 'failed', 'delivered')
) g on true
where h.tenant = :tenant and h.released_reason is null and h.isolation_until > :now;

-- name: find_household^
-- A household for one who follows goods: no people, no needs; why it waits, if it does.
select household_id, kelurahan, isolation_from, isolation_until, released_reason, w.reason as waits_because, w.promised_at
from households left join waiting w using (household_id) where households.tenant = :tenant and household_id = :id;
