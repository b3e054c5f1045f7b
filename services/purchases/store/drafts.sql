-- name: save_draft!
-- A draft as it is now; another unit's is never touched.
insert into drafts (draft_id, tenant, unit_code, sealed, changed_at)
values (:draft_id, :tenant, :unit_code, :sealed, :now)
on conflict (draft_id) do update set sealed = excluded.sealed, changed_at = excluded.changed_at
where drafts.tenant = excluded.tenant and drafts.unit_code = excluded.unit_code;

-- name: find_draft^
-- A unit's own draft, locked, so that it is sent once.
select sealed from drafts where draft_id = :draft_id and tenant = :tenant and unit_code = :unit_code for update;

-- name: list_drafts
-- The drafts of a unit, the last touched first.
select draft_id, sealed, changed_at from drafts
where tenant = :tenant and unit_code = :unit_code order by changed_at desc limit 20;

-- name: delete_draft!
-- A draft that was sent or given up.
delete from drafts where draft_id = :draft_id and tenant = :tenant and unit_code = :unit_code;

-- name: delete_old_drafts!
-- Drafts that nobody has touched for a week.
delete from drafts where changed_at < :before;
