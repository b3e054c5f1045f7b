-- name: load_cursor$
-- How far a log was read into the shadow.
select seq from rebuild_cursor where log = :log;

-- name: save_cursor!
-- This far a log was read, in the transaction of its effect.
insert into rebuild_cursor (log, seq) values (:log, :seq) on conflict (log) do update set seq = excluded.seq;

-- name: create_cursor#
-- Survives a kill, so that a rebuild goes on where it was.
create table if not exists rebuild_cursor (log text primary key, seq bigint not null);

-- name: copy_cities!
-- The shadow counts days in the zones of the cities; their other reference data it does not need.
insert into ref_cities select * from facts.ref_cities on conflict (tenant) do update set time_zone = excluded.time_zone;

-- name: claim_queue!
-- Hold the lane back while shadow and facts change places.
select pg_advisory_xact_lock(hashtext('peduli-lane'), hashtext(:queue));
