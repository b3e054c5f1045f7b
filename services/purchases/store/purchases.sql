-- name: claim_purchases
-- Where names and receipts lead: each name to the purchase of its own, or to another's that was told under it, too.
-- With `claim` two doors that tell of one purchase at once go one after the other. Each is looked up by its key
-- (`offset 0` keeps that): for a large batch the planner would read whole tables.
select kind, lead_id, purchase_id, content_hash, case when :claim then pg_advisory_xact_lock(key)::text end as claimed
from (
  select *, hashtextextended(purchase_id::text, 0) as key from (
    select 'name' as kind, name as lead_id, name as purchase_id, '' as content_hash from unnest(:names::uuid[]) as name
    union all
    select 'alias', name, told.* from unnest(:names::uuid[]) as name cross join lateral (
      select purchase_id, content_hash from purchase_aliases where alias_id = name offset 0) as told
    union all
    select 'receipt', paper, told.purchase_id, '' from unnest(:receipts::uuid[]) as paper cross join lateral (
      select purchase_id from receipts where receipt_id = paper offset 0) as told) as lead
  order by key) as lead;

-- name: append_aliases!
-- A receipt was told again under another name.
insert into purchase_aliases (alias_id, purchase_id, content_hash)
select * from unnest(:names::uuid[], :ids::uuid[], :hashes::text[]) on conflict do nothing;

-- name: delete_receipts!
-- Receipts whose purchase was voided and that another one has now.
delete from receipts where receipt_id = any(:receipts::uuid[]);

-- name: load_purchases
-- The purchases as they stand; one that is not there, but that early corrections or voids wait for, has no version.
select id as purchase_id, tenant, source, reference, version, status, first_hash, content_hash, content::text as content,
       is_awaited
from unnest(:ids::uuid[]) as id left join purchases on purchase_id = id
cross join lateral (
  select exists (select from submissions where submissions.purchase_id = id and outcome = 'waiting') as is_awaited
  offset 0) as early
where version is not null or is_awaited;

-- name: save_purchases
-- Purchases after a batch, and the receipts that are theirs from now on; one that another transaction wrote meanwhile
-- is not returned.
with saved as (
  insert into purchases (purchase_id, tenant, source, reference, version, status, first_hash, content_hash, content,
                         buyers_sealed)
  select * from unnest(:ids::uuid[], :tenants::text[], :sources::text[], :references::text[], :versions::int[],
                       :statuses::text[], :first_hashes::text[], :content_hashes::text[], :contents::jsonb[],
                       :buyers::bytea[])
  on conflict (purchase_id) do update set version = excluded.version, status = excluded.status,
    content_hash = excluded.content_hash, content = excluded.content, changed_at = now(),
    buyers_sealed = case when excluded.buyers_sealed = ''::bytea then purchases.buyers_sealed
                         else excluded.buyers_sealed end)
insert into receipts (receipt_id, purchase_id) select * from unnest(:receipts::uuid[], :receipt_of::uuid[]) order by 1
on conflict do nothing returning receipt_id;

-- name: save_submissions!
-- What became of each submission.
insert into submissions (submission_id, purchase_id, tenant, kind, source, reference, outcome, reasons, raw_sealed,
                         told_by)
select * from unnest(:ids::uuid[], :purchase_ids::uuid[], :tenants::text[], :kinds::text[], :sources::text[],
                     :references::text[], :outcomes::text[], :reasons::jsonb[], :raws::bytea[], :told_bys::text[])
on conflict (submission_id) do update set outcome = excluded.outcome, reasons = excluded.reasons,
  raw_sealed = excluded.raw_sealed;

-- name: list_waiting
-- Corrections and voids that wait for these purchases, in their order.
select submission_id, purchase_id, tenant, kind, source, reference, raw_sealed from submissions
where outcome = 'waiting' and purchase_id = any(:ids::uuid[]) order by received_at, submission_id;

-- name: list_overdue
-- Corrections and voids whose purchase did not come in 24 hours.
select submission_id, purchase_id, tenant, kind, source, reference, raw_sealed from submissions
where outcome = 'waiting' and received_at < :before order by received_at limit 500 for update skip locked;

-- name: delete_old_raws!
-- After 30 days the raw bodies go.
update submissions set raw_sealed = null where raw_sealed is not null and received_at < :before and outcome <> 'waiting';

-- name: find_purchase^
-- One purchase for a reader.
select purchase_id, source, reference, version, status, content::text as content, recorded_at, changed_at
from purchases where tenant = :tenant and purchase_id = :id;

-- name: list_submissions
-- What was sent about these purchases, also told under their names as another's, newest first; one more by its own id.
-- Who told first learns who told it again, as these learn who was first.
select submission_id, purchase_id, kind, source, reference, outcome, reasons::text as reasons, told_by, received_at,
  coalesce((select sources from told_again a where a.purchase_id = submissions.purchase_id
    and a.told_by = submissions.source), '{}') as also_told_by
from submissions
where tenant = :tenant and (submission_id = :submission_id or purchase_id = any(:ids::uuid[]) or purchase_id in (
    select purchase_id from purchase_aliases where alias_id = any(:ids::uuid[])))
order by received_at desc limit 1000;

-- name: look_up
-- The purchases that an id or a receipt's number names, also those that were only ever refused; newest first.
with named as (
  select purchase_id from purchases where purchase_id = any(:ids::uuid[])
  union select purchase_id from purchase_aliases where alias_id = any(:ids::uuid[])
  union select purchase_id from purchases where reference = :text and :source in ('', source)
  union select purchase_id from submissions where submission_id = any(:submissions::uuid[])
  union select purchase_id from submissions
  where reference = :text and outcome in ('rejected', 'waiting') and :source in ('', source)
  union select (headers ->> 'ce-correlationid')::uuid from event_log
  where event_id = any(:events::uuid[]) and type like 'purchase.%'
), told as (
  select purchase_id, tenant, source, reference, recorded_at as at from purchases join named using (purchase_id)
  union all
  select purchase_id, tenant, source, reference, received_at from submissions s join named using (purchase_id)
  where kind <> 'pledged' and not exists (select from purchases p where p.purchase_id = s.purchase_id)
)
select purchase_id, source, reference from told where tenant = :tenant
group by purchase_id, source, reference order by max(at) desc limit 20;

-- name: list_tellers
-- Under which sources a purchase was told.
select distinct source from submissions where purchase_id = :purchase_id and outcome <> 'rejected';

-- name: find_answers
-- What was answered to these submissions, of purchases or pledges.
select submission_id, s.purchase_id, s.kind, s.reference, s.outcome, s.reasons::text as reasons, s.told_by,
       coalesce(p.version, g.version, 0) as version, coalesce(g.is_late, false) as is_late
from submissions s left join purchases p on p.purchase_id = s.purchase_id
  left join pledges g on g.pledge_id = s.purchase_id
where submission_id = any(:ids::uuid[]);
