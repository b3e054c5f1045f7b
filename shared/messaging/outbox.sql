-- name: append_events!
-- Give each decided event its row, in the transaction of the state that it tells of.
insert into event_log (event_id, aggregate, version, type, routing_key, headers, body)
select * from unnest(:event_ids::uuid[], :aggregates::text[], :versions::int[], :types::text[],
                     :routing_keys::text[], :headers::jsonb[], :bodies::bytea[]);

-- name: list_unpublished
-- The next window in order; an aggregate with a quarantined event waits, the others go on.
select seq, event_id, routing_key, headers, body from event_log e
where published_at is null and quarantined_at is null
  and not exists (select from event_log q where q.quarantined_at is not null and q.published_at is null
                  and q.aggregate = e.aggregate)
order by seq limit :size;

-- name: save_published!
-- The broker has confirmed these.
update event_log set published_at = now() where seq = any(:seqs::bigint[]);

-- name: save_quarantined!
-- The broker refuses this one by itself; a person must look.
update event_log set quarantined_at = now() where seq = :seq;

-- name: claim_leadership$
-- One relay per schema leads; the lock lives and dies with the connection.
select pg_try_advisory_lock(hashtext('peduli-relay'), hashtext(current_schema()));

-- name: count_unpublished$
-- Events that nobody was told of yet.
select count(*) from event_log where published_at is null;
