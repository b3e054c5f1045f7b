-- migrate:up
alter table lots add column programme text not null default 'isoman';
alter table households add column programme text not null default 'isoman';
comment on column lots.programme is 'The cause that its purchase was made for: only households of it get these goods';
comment on column households.programme is 'The cause that it gets help by, as city.toml names it; isolation_from and _until are then the days of that need';

create or replace view unfit_packets as
select t.tenant, t.task_id, t.household_id, l.lot_id, l.sku, t.goods, law.code, law.why
from tasks t
join households h using (household_id)
join task_lines tl using (task_id)
join lots l on l.lot_id = tl.lot_id
left join ref_products named on (named.tenant, named.sku) = (l.tenant, l.sku)
left join ref_products p on p.tenant = l.tenant and p.sku = coalesce(nullif(named.merged_into, ''), l.sku)
cross join lateral (
  select coalesce(bool_or(part.infant), false) as infant, coalesce(bool_and(part.halal), true) as halal,
    coalesce(bool_and(part.diabetic_friendly), false) as diabetic_friendly,
    coalesce(bool_or(part.allergens && h.allergens), false) as allergen
  from (
    select split_part(content, ':', 1) as sku from unnest(p.contents) as content
    union all select p.sku where cardinality(p.contents) = 0
    union all select content->>'sku' from jsonb_array_elements(l.product->'contents') as content where p.sku is null
  ) as inside left join ref_products part on (part.tenant, part.sku) = (l.tenant, inside.sku)
) as made
-- nobody is on the way with it: in the lumbung, or with a team that let its lease end
cross join lateral (select t.goods = 'reserved' or t.status = 'assigned') as plan (is_planned)
cross join lateral (values
  ('L5', 'RELEASED', is_planned and h.released_reason is not null),
  ('L5', 'AFTER_ISOLATION', is_planned and t.deliver_before > h.isolation_until),
  ('L5', 'SPOILT', is_planned and t.deliver_before > l.expires_at),
  ('L5', 'LATE', t.goods = 'reserved' and t.arrives_at > t.deliver_before),
  -- a ride inside a kelurahan takes 4 h, the next class 8; chilled goods keep 4 h out of the cold, frozen 6
  ('L5', 'TOO_LONG_OUT_OF_THE_COLD', t.goods = 'reserved' and l.storage <> 'ambient' and exists (
    select from task_lines other join lots o using (lot_id)
    where other.task_id = t.task_id and o.kelurahan <> t.kelurahan)),
  ('L6', 'ALLERGEN', made.allergen),
  ('L6', 'NO_INFANT', made.infant and not 'infant' = any (h.groups)),
  ('L6', 'NOT_DIABETIC_FRIENDLY', 'diabetic' = any (h.groups) and not made.diabetic_friendly),
  ('L6', 'NEEDS_COOKING', 'no_cook' = any (h.groups)
    and coalesce(p.category, l.product->>'category') in ('sembako', 'sayur_buah')),
  ('L6', 'NOT_HALAL', not made.halal),
  ('L6', 'OTHER_PROGRAMME', l.programme <> h.programme)
) as law (code, why, is_broken)
where t.status in ('assigned', 'accepted', 'failed') and law.is_broken;
-- migrate:down
create or replace view unfit_packets as
select t.tenant, t.task_id, t.household_id, l.lot_id, l.sku, t.goods, law.code, law.why
from tasks t
join households h using (household_id)
join task_lines tl using (task_id)
join lots l on l.lot_id = tl.lot_id
left join ref_products named on (named.tenant, named.sku) = (l.tenant, l.sku)
left join ref_products p on p.tenant = l.tenant and p.sku = coalesce(nullif(named.merged_into, ''), l.sku)
cross join lateral (
  select coalesce(bool_or(part.infant), false) as infant, coalesce(bool_and(part.halal), true) as halal,
    coalesce(bool_and(part.diabetic_friendly), false) as diabetic_friendly,
    coalesce(bool_or(part.allergens && h.allergens), false) as allergen
  from (
    select split_part(content, ':', 1) as sku from unnest(p.contents) as content
    union all select p.sku where cardinality(p.contents) = 0
    union all select content->>'sku' from jsonb_array_elements(l.product->'contents') as content where p.sku is null
  ) as inside left join ref_products part on (part.tenant, part.sku) = (l.tenant, inside.sku)
) as made
-- nobody is on the way with it: in the lumbung, or with a team that let its lease end
cross join lateral (select t.goods = 'reserved' or t.status = 'assigned') as plan (is_planned)
cross join lateral (values
  ('L5', 'RELEASED', is_planned and h.released_reason is not null),
  ('L5', 'AFTER_ISOLATION', is_planned and t.deliver_before > h.isolation_until),
  ('L5', 'SPOILT', is_planned and t.deliver_before > l.expires_at),
  ('L5', 'LATE', t.goods = 'reserved' and t.arrives_at > t.deliver_before),
  ('L5', 'TOO_LONG_OUT_OF_THE_COLD', t.goods = 'reserved' and t.arrives_at - t.assigned_at >
    case l.storage when 'chill' then interval '4 hours' when 'frozen' then interval '6 hours' end),
  ('L6', 'ALLERGEN', made.allergen),
  ('L6', 'NO_INFANT', made.infant and not 'infant' = any (h.groups)),
  ('L6', 'NOT_DIABETIC_FRIENDLY', 'diabetic' = any (h.groups) and not made.diabetic_friendly),
  ('L6', 'NEEDS_COOKING', 'no_cook' = any (h.groups)
    and coalesce(p.category, l.product->>'category') in ('sembako', 'sayur_buah')),
  ('L6', 'NOT_HALAL', not made.halal)
) as law (code, why, is_broken)
where t.status in ('assigned', 'accepted', 'failed') and law.is_broken;
-- squawk-ignore ban-drop-column
alter table households drop column programme;
-- squawk-ignore ban-drop-column
alter table lots drop column programme;
