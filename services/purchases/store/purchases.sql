-- name: claim_purchases!
-- Two doors that tell of one purchase at once go one after the other.
select pg_advisory_xact_lock(key) from (
  select distinct hashtextextended(id::text, 0) as key from unnest(:ids::uuid[]) as id order by 1) as keys;

-- name: load_purchases
-- The purchases as they stand.
select purchase_id, version, status, first_hash, content_hash, content::text as content
from purchases where purchase_id = any(:ids::uuid[]);

-- name: save_purchases!
-- Purchases after a batch.
insert into purchases (purchase_id, source, reference, version, status, first_hash, content_hash, content, nip_sealed)
select * from unnest(:ids::uuid[], :sources::text[], :references::text[], :versions::int[], :statuses::text[],
                     :first_hashes::text[], :content_hashes::text[], :contents::jsonb[], :nips::bytea[])
on conflict (purchase_id) do update set version = excluded.version, status = excluded.status,
  content_hash = excluded.content_hash, content = excluded.content, changed_at = now(),
  nip_sealed = case when excluded.nip_sealed = ''::bytea then purchases.nip_sealed else excluded.nip_sealed end;

-- name: save_submissions!
-- What became of each submission.
insert into submissions (submission_id, purchase_id, kind, source, reference, outcome, reasons, raw_sealed)
select * from unnest(:ids::uuid[], :purchase_ids::uuid[], :kinds::text[], :sources::text[], :references::text[],
                     :outcomes::text[], :reasons::jsonb[], :raws::bytea[])
on conflict (submission_id) do update set outcome = excluded.outcome, reasons = excluded.reasons,
  raw_sealed = excluded.raw_sealed;

-- name: list_waiting
-- Corrections and voids that wait for these purchases, in their order.
select submission_id, purchase_id, kind, source, reference, raw_sealed from submissions
where outcome = 'waiting' and purchase_id = any(:ids::uuid[]) order by received_at, submission_id;

-- name: list_overdue
-- Corrections and voids whose purchase did not come in 24 hours.
select submission_id, purchase_id, kind, source, reference, raw_sealed from submissions
where outcome = 'waiting' and received_at < :before order by received_at limit 500 for update skip locked;

-- name: delete_old_raws!
-- After 30 days the raw bodies go.
update submissions set raw_sealed = null where raw_sealed is not null and received_at < :before and outcome <> 'waiting';

-- name: find_purchase^
-- One purchase for a reader.
select purchase_id, source, reference, version, status, content::text as content, recorded_at, changed_at
from purchases where purchase_id = :id;

-- name: list_submissions
-- Everything that was sent under these names, newest first, and one more by its own id.
select submission_id, purchase_id, kind, outcome, reasons::text as reasons, received_at
from submissions where purchase_id = any(:purchase_ids::uuid[]) or submission_id = :submission_id
order by received_at desc limit 1000;

-- name: look_up
-- The purchases that an id or a receipt's number names, also those that were only ever refused; newest first.
with named as (
  select purchase_id, source, reference, recorded_at as at from purchases
  where purchase_id = any(:ids::uuid[]) or reference = :text
  union all
  select purchase_id, source, reference, received_at from submissions
  where submission_id = any(:submissions::uuid[])
     or (reference = :text and outcome in ('rejected', 'waiting'))
  union all
  select s.purchase_id, s.source, s.reference, s.received_at from event_log e
  join submissions s on s.purchase_id = (e.headers ->> 'ce-correlationid')::uuid
  where e.event_id = any(:ids::uuid[])
)
select purchase_id, source, reference from named
where :source = '' or source = :source
group by purchase_id, source, reference order by max(at) desc limit 20;
