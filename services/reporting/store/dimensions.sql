-- name: save_regions!
-- Regions by code.
insert into dim_region select code, level, name, parent_code, kecamatan_code, population
from jsonb_to_recordset(:rows::jsonb) as x (code text, level text, name text, parent_code text, kecamatan_code text,
  population int)
on conflict (region_code) do update set name = excluded.name, population = excluded.population;

-- name: save_units!
-- Units by code.
insert into dim_unit select unit_code, kind, name, parent_code, asn_count
from jsonb_to_recordset(:rows::jsonb) as x (unit_code text, kind text, name text, parent_code text, asn_count int)
on conflict (unit_code) do update set name = excluded.name, parent_code = excluded.parent_code, asn_count = excluded.asn_count;

-- name: save_sellers!
-- Sellers by code.
insert into dim_seller select seller_code, name, channel, kelurahan_code
from jsonb_to_recordset(:rows::jsonb) as x (seller_code text, name text, channel text, kelurahan_code text)
on conflict (seller_code) do update set name = excluded.name, channel = excluded.channel, kelurahan = excluded.kelurahan;

-- name: save_products!
-- Products by sku.
insert into dim_product select sku, name, category
from jsonb_to_recordset(:rows::jsonb) as x (sku text, name text, category text)
on conflict (sku) do update set name = excluded.name, category = excluded.category;
