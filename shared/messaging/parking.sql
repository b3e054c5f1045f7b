-- name: append_parked!
-- Set these messages aside; a copy of one that is already parked changes nothing.
insert into parked (parked_id, queue, event, aggregate, version, reason, routing_key, headers, content_type,
                    body, retry_at)
select * from unnest(:parked_ids::uuid[], :queues::text[], :events::text[], :aggregates::text[], :versions::int[],
                     :reasons::text[], :routing_keys::text[], :headers::jsonb[], :content_types::text[],
                     :bodies::bytea[], :retry_ats::timestamptz[])
on conflict do nothing;

-- name: has_due$
-- Is there anything to try now?
select exists (select from parked where queue = :queue and state = 'parked' and retry_at <= :now);

-- name: claim_due
-- Messages of a queue whose next try is due, oldest version first.
select parked_id, event, routing_key, headers, content_type, body, attempts, reason from parked
where queue = :queue and state = 'parked' and retry_at <= :now
order by version nulls first, parked_at limit 100 for update skip locked;

-- name: save_tried!
-- One more try failed; retry_at null means that a person must look.
update parked set attempts = attempts + 1, retry_at = :retry_at, reason = :reason where parked_id = :parked_id;

-- name: save_applied!
-- Its effect is committed in this transaction.
update parked set state = 'applied', retry_at = null, settled_at = now() where parked_id = :parked_id;

-- name: wake_waiting!
-- Their aggregates went on: try those that waited for it.
update parked set retry_at = now()
where state = 'parked' and reason = 'WAITING_FOR_VERSION' and aggregate = any(:aggregates::text[]);

-- name: wake_cities!
-- These cities are served now: try what came for them before.
update parked set retry_at = now()
where state = 'parked' and reason = 'UNKNOWN_CITY' and split_part(routing_key, '.', 1) = any(:tenants::text[]);

-- name: list_parked
-- What is parked now, oldest first.
select parked_id, queue, routing_key, event, aggregate, version, reason, attempts, parked_at, retry_at, note from parked
where state = 'parked' order by parked_at limit 1000;

-- name: count_parked
-- How many are parked now, by queue and by the kind of their reason.
select queue, split_part(reason, ':', 1) as kind, count(*) as messages from parked where state = 'parked' group by 1, 2;

-- name: count_parked_of$
-- How many messages of a queue are parked now.
select count(*) from parked where queue = :queue and state = 'parked';

-- name: find_parked^
-- One parked message with its sealed body.
select * from parked where parked_id = :parked_id;

-- name: save_retry!
-- A person asks for another try now.
update parked set retry_at = now(), note = :note where parked_id = :parked_id and state = 'parked';

-- name: find_queue$
-- The queue that a parked message came from.
select queue from parked where parked_id = :parked_id and state = 'parked';

-- name: save_discarded^
-- A person gives the message up, and says why.
update parked set state = 'discarded', retry_at = null, settled_at = now(), note = :note
where parked_id = :parked_id and state = 'parked'
returning aggregate, version;

-- name: delete_old$
-- Forget some that were applied or given up before.
with old as (select parked_id from parked where settled_at < :before order by settled_at limit :most),
  gone as (delete from parked where parked_id in (select parked_id from old) returning 1)
select count(*) from gone;
