-- migrate:up
create view told_again as
select purchase_id, told_by, array_agg(distinct source order by source) as sources
from submissions where told_by <> '' group by purchase_id, told_by;
comment on view told_again is 'Who told of a purchase that another had told before, by the purchase and that first teller';

create view unit_receipts as
with told as (
  select tenant, source, reference, coalesce(nullif(reference, ''), submission_id::text) as receipt,
    max(received_at) as told_at, max(told_by) as told_by,
    (array_agg(outcome order by received_at desc, submission_id desc))[1] as outcome,
    (array_agg(reasons order by received_at desc, submission_id desc))[1] as reasons,
    (array_agg(submission_id order by received_at desc, submission_id desc))[1] as submission_id,
    (array_agg(purchase_id order by received_at desc) filter (where outcome <> 'rejected'))[1] as purchase_id
  from submissions where source like '/unit/%' and kind <> 'pledged' group by tenant, source, reference, receipt
)
select told.tenant, told.source, told.reference, receipt, told_at, told.told_by, outcome, reasons, submission_id,
  p.purchase_id, p.version, p.content ->> 'seller_code' as seller_code,
  (p.content ->> 'total_idr')::bigint as total_idr,
  (select sources from told_again a where a.purchase_id = told.purchase_id and a.told_by = told.source) as also_told_by,
  case when outcome in ('rejected', 'waiting') then outcome when p.status = 'voided' then 'voided' else 'recorded' end as state
from told left join purchases p on p.purchase_id = told.purchase_id;
comment on view unit_receipts is 'What units told on their pages and by file: a receipt a row, with how its last telling ended';
comment on column unit_receipts.receipt is 'Its number; each refusal without a number is a receipt of its own';
comment on column unit_receipts.state is 'recorded, voided, waiting or rejected';
comment on column unit_receipts.also_told_by is 'Who told of it after this unit; null: nobody';
-- migrate:down
-- squawk-ignore ban-drop-view
drop view unit_receipts, told_again;
