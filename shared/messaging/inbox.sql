-- name: claim_events
-- Write down the events whose effect follows in this transaction; those already there are not returned.
insert into inbox (event) select unnest(:events::text[]) on conflict do nothing returning event;

-- name: delete_old_events$
-- Forget some that were applied before; a resend of an ordered event is known by its version for ever.
with old as (select event from inbox where applied_at < :before order by applied_at limit :most),
  gone as (delete from inbox where event in (select event from old) returning 1)
select count(*) from gone;

-- name: load_versions
-- The last version applied of each of these aggregates.
select aggregate, version from aggregate_versions where aggregate = any(:aggregates::text[]);

-- name: save_versions!
-- The versions that are applied in this transaction.
insert into aggregate_versions (aggregate, version)
select * from unnest(:aggregates::text[], :versions::int[])
on conflict (aggregate) do update set version = greatest(aggregate_versions.version, excluded.version);

-- name: claim_queue!
-- One ordered lane at a time, also while an old consumer is still committing.
select pg_advisory_xact_lock(hashtext('peduli-lane'), hashtext(:queue));

-- name: load_deliveries
-- How often these were in hand when a process ended, as far as it was written down.
select event, attempts from deliveries where queue = :queue and event = any(:events::text[]);

-- name: note_in_hand!
-- Write down, before anything else, that these are in hand: if the process dies now, it was one of them.
insert into deliveries (queue, event) select :queue, unnest(:events::text[])
on conflict (queue, event) do update set attempts = deliveries.attempts + 1;

-- name: delete_deliveries!
-- They are settled.
delete from deliveries where queue = :queue and event = any(:events::text[]);
