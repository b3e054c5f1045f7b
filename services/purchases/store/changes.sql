-- name: list_changes
-- What corrections and voids changed between two moments, a row for each field: by whom, and before and after. Buyers are
-- hashes, so that only their number is told.
with told as (
  select l.aggregate, l.version, l.type, l.recorded_at, convert_from(l.body, 'UTF8')::jsonb as after,
    (select convert_from(b.body, 'UTF8')::jsonb from event_log b where (b.aggregate, b.version) = (l.aggregate, l.version - 1)) as before
  from event_log l where l.type in ('purchase.corrected.v1', 'purchase.voided.v1') and l.recorded_at >= :begins
    and l.recorded_at < :ends and l.routing_key like :tenant || '.%')
select told.aggregate as purchase_id, told.version, told.recorded_at as at, coalesce(s.source, '') as told_by,
  coalesce(told.after ->> 'reason', '') as why, field, coalesce(was, '') as before, coalesce(now, '') as after
from told
cross join lateral (
  select key as field, b.value #>> '{}' as was, a.value #>> '{}' as now
  from jsonb_each(told.before) b full join jsonb_each(told.after) a using (key)
  where told.type = 'purchase.corrected.v1' and b.value is distinct from a.value
    and key not in ('previous_version', 'buyer_key', 'contributor_keys')
  union all select 'buyers', coalesce(jsonb_array_length(told.before -> 'contributor_keys'), 1)::text,
    coalesce(jsonb_array_length(told.after -> 'contributor_keys'), 1)::text
  where told.type = 'purchase.corrected.v1' and (told.before -> 'buyer_key', told.before -> 'contributor_keys')
    is distinct from (told.after -> 'buyer_key', told.after -> 'contributor_keys')
  union all select 'status', 'recorded', 'voided' where told.type = 'purchase.voided.v1') changed
left join lateral (
  select source from submissions -- the nearest in time: most are of the same moment, but one may have waited for its purchase
  where purchase_id = told.aggregate::uuid and outcome = split_part(told.type, '.', 2)
  order by abs(extract(epoch from received_at - told.recorded_at)) limit 1) s on true
order by told.recorded_at, told.aggregate, told.version, field;
