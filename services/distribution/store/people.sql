-- name: save_people!
-- The sealed people of a household.
insert into people (household_id, sealed, content_key) values (:household_id, :sealed, :content_key)
on conflict (household_id) do update set sealed = excluded.sealed, content_key = excluded.content_key;

-- name: save_key$
-- The household's own key, wrapped: the one that it has, else this.
insert into people_keys as k (household_id, wrapped) values (:household_id, :wrapped)
on conflict (household_id) do update set wrapped = k.wrapped returning wrapped;

-- name: list_people
-- The sealed people of households and their keys; a row from before households had keys of their own has none.
select household_id, sealed, wrapped from people left join people_keys using (household_id)
where household_id = any(:ids::uuid[]);

-- name: append_reads!
-- Somebody reads personal data.
insert into people_reads (tenant, household_id, reader, purpose, at)
select :tenant, household_id, :reader, :purpose, :now from unnest(:ids::uuid[]) as household_id order by household_id;

-- name: list_reads
-- Who read a household's personal data, when and for what.
select reader, purpose, at from people_reads where household_id = :household_id order by read_id;

-- name: list_to_erase
-- Households whose personal data may not be kept longer, locked; at most 500.
select household_id from households
where tenant = :tenant and erased_at is null and coalesce(released_at, isolation_until) < :before
order by household_id limit 500 for update skip locked;

-- name: erase_households!
-- Their keys go, and with them every copy of their people; what was counted stays.
with erased as (
  update households set erased_at = :now, rw = null, house_key = null, other_aid = '[]'
  where household_id = any(:ids::uuid[]) and erased_at is null returning household_id
), keys as (delete from people_keys where household_id in (select household_id from erased)
), named as (delete from household_identities where household_id in (select household_id from erased)
), told as (update household_references set told_key = null where household_id in (select household_id from erased)
), carried as (select task_id from tasks where household_id in (select household_id from erased)
), said as (update field_reports set note = '' where note <> '' and task_id in (select task_id from carried)
), decided as (
  update coordinator_acts set reason = '(dihapus bersama data penerima)' where task_id in (select task_id from carried)
) delete from people where household_id in (select household_id from erased);
