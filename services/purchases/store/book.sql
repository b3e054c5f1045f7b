-- name: list_reports
-- What a unit told, a receipt a row with how its last telling ended, the last told first (each refusal without a number
-- is a receipt of its own);
-- those after (`before`, `after`), for a file tells many at one moment; `state` '' means all.
with told as (
  select reference, coalesce(nullif(reference, ''), submission_id::text) as receipt, max(received_at) as told_at, max(told_by) as told_by,
    (array_agg(outcome order by received_at desc, submission_id desc))[1] as outcome,
    (array_agg(reasons order by received_at desc, submission_id desc))[1] as reasons,
    (array_agg(submission_id order by received_at desc, submission_id desc))[1] as submission_id,
    (array_agg(purchase_id order by received_at desc) filter (where outcome <> 'rejected'))[1] as purchase_id
  from submissions
  where tenant = :tenant and source = :source and source like '/unit/%' and kind <> 'pledged'
  group by reference, receipt
), shown as (
  select told.reference, receipt, told_at, told_by,
    array(select distinct source from submissions again
          where again.purchase_id = told.purchase_id and again.told_by = :source order by 1) as also_told_by, told.outcome, told.reasons::text as reasons, told.submission_id,
    purchases.purchase_id, purchases.version,
    purchases.content ->> 'seller_code' as seller_code, (purchases.content ->> 'total_idr')::bigint as total_idr,
    case when told.outcome in ('rejected', 'waiting') then told.outcome
         when purchases.status = 'voided' then 'voided' else 'recorded' end as state
  from told left join purchases using (purchase_id)
)
select * from shown
where (:state = '' or state = :state) and (:before::timestamptz is null or told_at < :before or (told_at = :before and receipt > :after))
order by told_at desc, receipt limit :most;

-- name: count_reports
-- How many receipts of a unit are in each state.
with told as (
  select (array_agg(outcome order by received_at desc, submission_id desc))[1] as outcome,
    (array_agg(purchase_id order by received_at desc) filter (where outcome <> 'rejected'))[1] as purchase_id
  from submissions
  where tenant = :tenant and source = :source and source like '/unit/%' and kind <> 'pledged'
  group by coalesce(nullif(reference, ''), submission_id::text)
)
select case when told.outcome in ('rejected', 'waiting') then told.outcome
            when purchases.status = 'voided' then 'voided' else 'recorded' end as state, count(*)::int as count
from told left join purchases using (purchase_id) group by 1;

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
