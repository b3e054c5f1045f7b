-- name: append_tellings!
-- New products as purchases told them; a sku that is told for the first time waits for its review.
with waiting as (
  insert into product_reviews (tenant, sku) select distinct tenant, sku
  from unnest(:tenants::text[], :skus::text[]) as told (tenant, sku) order by 1, 2 on conflict do nothing)
insert into product_tellings (telling_id, tenant, sku, product, unit_price_idr, times_told)
select * from unnest(:telling_ids::uuid[], :tenants::text[], :skus::text[], :products::jsonb[], :prices::bigint[],
                     :times::int[])
on conflict (telling_id) do update set times_told = product_tellings.times_told + excluded.times_told,
  unit_price_idr = excluded.unit_price_idr, last_told_at = now();

-- name: list_reviews
-- New products of a city in one state, the longest waiting first, with what each telling said.
select r.sku, r.status, r.note, r.since, t.product->>'name' as name, t.product->>'category' as category,
  (t.product->>'shelf_life_hours')::int as shelf_life_hours, t.unit_price_idr, t.times_told,
  count(*) over (partition by r.sku) > 1 as is_conflicting
from product_reviews r join product_tellings t using (tenant, sku)
where r.tenant = :tenant and r.status = :status order by r.since, r.sku, t.times_told desc, t.telling_id;

-- name: list_tellings
-- What was told of a new product, the most often told first.
select product::text as product, unit_price_idr from product_tellings where tenant = :tenant and sku = :sku
order by times_told desc, telling_id;

-- name: save_review!
-- What a person decided.
update product_reviews set status = :status, note = :note, decided_at = :now where tenant = :tenant and sku = :sku;
