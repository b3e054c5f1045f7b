-- name: append_events!
-- Give each decided event its row, in the transaction of the state that it tells of.
with logged as (
  insert into event_log (event_id, aggregate, version, type, routing_key, headers, body)
  select * from unnest(:event_ids::uuid[], :aggregates::text[], :versions::int[], :types::text[],
                       :routing_keys::text[], :headers::jsonb[], :bodies::bytea[])
  returning seq, aggregate)
insert into outbox (seq, aggregate) select seq, aggregate from logged;

-- name: list_unpublished
-- The next window in order; an aggregate with a quarantined event waits, the others go on. Each event is looked up by
-- its key (`offset 0` keeps that): a merge of the two tables would read the log from its first event.
select seq, event_id, routing_key, headers, body from (
  select seq from outbox o where quarantined_at is null
    and not exists (select from outbox q where q.quarantined_at is not null and q.aggregate = o.aggregate)
  order by seq limit :size) as due
cross join lateral (
  select event_id, routing_key, headers, body from event_log where event_log.seq = due.seq offset 0) as event
order by seq;

-- name: relax_commits!
-- What the relay writes may be lost in a crash: then an event is told once more, and its receivers know it already.
set synchronous_commit = off;

-- name: delete_published!
-- The broker has confirmed these.
delete from outbox where seq = any(:seqs::bigint[]);

-- name: save_quarantined!
-- The broker refuses this one by itself; a person must look.
update outbox set quarantined_at = now() where seq = :seq;

-- name: claim_leadership$
-- One relay per schema leads; the lock lives and dies with the connection.
select pg_try_advisory_lock(hashtext('peduli-relay'), hashtext(current_schema()));

-- name: load_backlog^
-- How many events wait to be told, how many of them for a person, and the oldest that the relay can tell.
select (select count(*) from outbox) as events,
  (select count(*) from outbox where quarantined_at is not null) as quarantined,
  head.seq as head, coalesce(extract(epoch from now() - head.recorded_at), 0)::float8 as oldest_seconds
from (select) as one left join lateral (
  select due.seq, recorded_at from (
    select seq from outbox o
    where not exists (select from outbox q where q.quarantined_at is not null and q.aggregate = o.aggregate)
    order by seq limit 1) as due
  join event_log using (seq)) as head on true;

-- name: list_writers
-- The transactions that are writing to a log: each may hold an event that stands before the last that can be seen.
select distinct virtualtransaction as writer from pg_locks join pg_class on pg_class.oid = relation
where relname = 'event_log' and mode = 'RowExclusiveLock' and database = (select oid from pg_database where datname = current_database());

-- name: are_writing$
-- True while one of these transactions goes on.
select exists (select from pg_locks where virtualtransaction = any(:writers::text[]));
