-- name: list_versions
-- The version of each item that was told as an event; 0 for what was only ever loaded with its city.
select 'unit' as topic, unit_code as code, version from ref_units where tenant = :tenant and unit_code = any(:codes::text[])
union all
select 'seller', seller_code, version from ref_sellers where tenant = :tenant and seller_code = any(:codes::text[])
union all
select 'product', sku, version from ref_products where tenant = :tenant and sku = any(:codes::text[]);

-- name: delete_turnover!
-- What sellers of a city sold, before it is reckoned anew.
delete from seller_turnover where tenant = :tenant;

-- name: append_turnover!
-- What each seller of a city sold, from the purchases that stand.
insert into seller_turnover (tenant, seller_code, purchases, spend_idr)
select tenant, content->>'seller_code', count(*), sum((content->>'total_idr')::bigint)
from purchases where tenant = :tenant and status = 'recorded' group by 1, 2;

-- name: list_turnover
-- What sellers of a city sold, in whole rupiah, as of the last reckoning.
select seller_code, spend_idr from seller_turnover where tenant = :tenant;
