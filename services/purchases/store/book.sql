-- name: list_reports
-- What a unit told, the last told first; those after (`before`, `after`), for a file tells many at one moment; `state` ''
-- means all.
select reference, receipt, told_at, told_by, also_told_by, outcome, reasons::text as reasons, submission_id, purchase_id,
  version, seller_code, total_idr, state
from unit_receipts
where tenant = :tenant and source = :source and (:state = '' or state = :state)
  and (:before::timestamptz is null or told_at < :before or (told_at = :before and receipt > :after))
order by told_at desc, receipt limit :most;

-- name: count_reports
-- How many receipts of a unit are in each state.
select state, count(*)::int as count from unit_receipts where tenant = :tenant and source = :source group by state;

-- name: find_bought^
-- What a unit bought for a programme in a time, whoever told it; `begins` and `ends` are UTC as in content, without their Z.
with bought as (
  select source, content from purchases
  where tenant = :tenant and content ->> 'unit_code' = :unit_code and status = 'recorded'
    and content ->> 'programme' = :programme
    and content ->> 'purchased_at' >= :begins and content ->> 'purchased_at' < :ends
)
select count(*)::int as purchases, coalesce(sum((content ->> 'total_idr')::bigint), 0)::bigint as total_idr,
  (count(*) filter (where source <> :source))::int as from_others,
  (select count(distinct key)::int from bought,
     lateral (select content ->> 'buyer_key' as key
              union all select jsonb_array_elements_text(coalesce(content -> 'contributor_keys', '[]'))) as keys
   where key <> '') as participants,
  (select coalesce(sum((line ->> 'quantity')::bigint), 0)::bigint
   from bought, lateral jsonb_array_elements(content -> 'lines') as line
   where jsonb_array_length(coalesce(nullif(line -> 'product', 'null') -> 'contents', '[]')) > 0
     or line ->> 'sku' = any(:kits::text[])) as packets
from bought;

-- name: find_own_purchase^
-- A purchase of a unit for its officer, with what is sealed of it.
select purchase_id, source, reference, version, status, content::text as content, buyers_sealed, recorded_at, changed_at
from purchases where tenant = :tenant and purchase_id = :id and content ->> 'unit_code' = :unit_code;

-- name: list_tellings
-- Everything that was said about a purchase, by anybody, oldest first.
select submission_id, kind, outcome, source, reference, told_by, reasons::text as reasons, received_at
from submissions where purchase_id = :purchase_id order by received_at, submission_id limit 200;

-- name: find_refused^
-- A body that a unit told and that was refused, while it is kept.
select submission_id, kind, raw_sealed from submissions
where submission_id = :submission_id and tenant = :tenant and source = :source and outcome = 'rejected'
  and raw_sealed is not null;
