-- name: lock_identities
-- Until the end of the transaction nobody else tells of these households; in one order, so that nobody waits in a circle.
-- A thousand locks at most: a batch of thousands must not fill the server's table of locks.
select pg_advisory_xact_lock(hashtext('households'), place)
from (select distinct hashtext(unnest(:names::text[])) & 1023 as place order by 1) as sorted;

-- name: find_reference^
-- The household that a reporter's reference means, and what he said of it last.
select household_id, told_key from household_references where reference_id = :reference_id;

-- name: find_same$
-- The household that isolates and is known by one of these: by a NIK; else by a phone that no other household has, unless
-- it has another NIK, or this reporter calls it by another reference.
with known as (
  select household_id, kind from household_identities where tenant = :tenant and identity_hash = any(:hashes::text[])
)
select household_id from (
  select household_id, 1 as place from known where kind = 'nik'
  union all
  select (array_agg(household_id))[1], 2 from known k where kind = 'phone' having count(*) = 1
    and not bool_or(exists (select from household_references r
      where r.household_id = k.household_id and r.teller_key = :teller_key))
    and not bool_or(:has_nik and exists (select from household_identities n
      where n.household_id = k.household_id and n.kind = 'nik'))
) as found order by place limit 1;

-- name: save_reference!
-- What a reporter calls a household, and said of it.
insert into household_references (reference_id, household_id, teller_key, told_key)
values (:reference_id, :household_id, :teller_key, :told_key)
on conflict (reference_id) do update set told_key = excluded.told_key;

-- name: delete_identities!
-- What a household is no longer known by.
delete from household_identities where household_id = :household_id and kind = any(:kinds::text[]);

-- name: append_identities!
-- By what a household is known from now on.
insert into household_identities (tenant, identity_hash, household_id, kind)
select :tenant, hash, :household_id, kind from unnest(:hashes::text[], :kinds::text[]) as new (hash, kind)
on conflict do nothing;

-- name: claim_households
-- The households as they stand, locked.
select h.*, h.other_aid::text as aid_text, p.content_key from households h left join people p using (household_id)
where household_id = any(:ids::uuid[]) order by household_id for update of h;

-- name: save_household!
-- A household after a report.
insert into households (household_id, tenant, version, kelurahan, rw, size, groups, allergens, isolation_from,
                        isolation_until, released_reason, released_at, is_aparatur, other_aid, house_key, programme,
                        changed_at)
values (:household_id, :tenant, :version, :kelurahan, :rw, :size, :groups, :allergens, :isolation_from, :isolation_until,
        :released_reason, case when :released_reason::text is not null then :now::timestamptz end, :is_aparatur,
        :other_aid::text::jsonb, :house_key, :programme, :now)
on conflict (household_id) do update set version = excluded.version, kelurahan = excluded.kelurahan, rw = excluded.rw,
  size = excluded.size, groups = excluded.groups, allergens = excluded.allergens,
  isolation_from = excluded.isolation_from, isolation_until = excluded.isolation_until,
  released_reason = excluded.released_reason, is_aparatur = excluded.is_aparatur, other_aid = excluded.other_aid,
  released_at = case when excluded.released_reason is not null
    then coalesce(households.released_at, excluded.released_at) end,
  house_key = excluded.house_key, programme = excluded.programme, changed_at = excluded.changed_at;

-- name: load_isolating
-- Households of a city that may get a packet, with the pieces that they got or that are on the way, by sku.
select h.household_id, h.kelurahan, h.rw, h.size, h.groups, h.allergens, h.isolation_from, h.isolation_until,
  h.house_key, h.other_aid::text as aid_text, h.programme, h.version,
  coalesce(g.packets, 0) as packets, coalesce(g.is_open, false) as is_open, coalesce(g.goods, '[]')::text as goods
from households h
left join lateral (
  select count(distinct t.task_id) as packets, bool_or(t.status in ('assigned', 'accepted', 'failed')) as is_open,
    jsonb_agg(jsonb_build_array(l.sku, tl.quantity)) as goods
  from tasks t join task_lines tl using (task_id) join lots l using (lot_id)
  where t.household_id = h.household_id and t.status in ('assigned', 'accepted', 'failed', 'delivered')
) g on true
where h.tenant = :tenant and h.released_reason is null and h.isolation_until > :now;

-- name: claim_unchanged
-- Households that still are as they were read. Who tells of one has it locked, and is not waited for: he may need our lots.
select h.household_id from households h
join unnest(:ids::uuid[], :versions::int[]) as read (household_id, version) on (h.household_id, h.version) = (read.household_id, read.version)
order by h.household_id for share of h skip locked;

-- name: find_household^
-- A household for one who follows goods: no people, no needs; why it waits, if it does.
select household_id, kelurahan, isolation_from, isolation_until, released_reason, w.reason as waits_because, w.promised_at
from households left join waiting w using (household_id) where households.tenant = :tenant and household_id = :id;

-- name: find_state^
-- A household as it stands, without its people.
select household_id, version, kelurahan, rw, size, groups, allergens, isolation_from, isolation_until, is_aparatur,
  other_aid::text as aid_text, released_reason, released_at, erased_at, programme
from households where tenant = :tenant and household_id = :household_id;

-- name: list_states
-- Households of these kelurahan (exact codes, or beginnings with * behind them) whose data are kept, the newest first.
select household_id, version, kelurahan, rw, size, isolation_from, isolation_until, released_reason, programme,
  exists (select from tasks t where t.household_id = h.household_id and t.status = 'delivered') as is_served
from households h
where tenant = :tenant and erased_at is null
  and exists (select from unnest(:places::text[]) as place where kelurahan = place
    or (place like '%*' and starts_with(kelurahan, rtrim(place, '*'))))
order by (released_reason is not null), changed_at desc, household_id limit :size;
