-- name: list_versions
-- Which cities there are, and when each changed: asked every few seconds.
select tenant, version from ref_cities;

-- name: save_city!
-- A city with its next version; a second load of it waits here for the first.
insert into ref_cities (tenant, name, time_zone, language, seller_order, teams_per_slot, version)
values (:tenant, :name, :time_zone, :language, :seller_order, :teams_per_slot, 1)
on conflict (tenant) do update set name = excluded.name, time_zone = excluded.time_zone, language = excluded.language,
  seller_order = excluded.seller_order, teams_per_slot = excluded.teams_per_slot, version = ref_cities.version + 1;

-- name: claim_city!
-- The next version of a city, before a part of it changes; who else changes it waits here.
update ref_cities set version = version + 1 where tenant = :tenant;

-- name: list_cities
-- Cities by code.
select * from ref_cities where tenant = any(:tenants::text[]);

-- name: list_programmes
-- Programmes of cities.
select * from ref_programmes where tenant = any(:tenants::text[]);

-- name: save_programmes!
-- Programmes of a city, new or changed; none goes, because what was bought keeps its name.
insert into ref_programmes select * from jsonb_populate_recordset(null::ref_programmes, :rows::jsonb)
on conflict (tenant, programme) do update set
  name = excluded.name, basis = excluded.basis, hashtags = excluded.hashtags, channels = excluded.channels,
  starts_on = excluded.starts_on, ends_on = excluded.ends_on, earliest_purchase_on =
  excluded.earliest_purchase_on, has_isolation = excluded.has_isolation, groups = excluded.groups, places =
  excluded.places, helps_until = excluded.helps_until, called = excluded.called;

-- name: list_ppkm_periods
-- PPKM periods of cities, each as it was changed last.
select distinct on (tenant, period) * from ref_ppkm_periods where tenant = any(:tenants::text[])
order by tenant, period, version desc;

-- name: save_ppkm_periods!
-- PPKM periods of a city, new or mended; what stood in an earlier version stays.
insert into ref_ppkm_periods (tenant, period, version, name, starts_on, ends_on, text, stays_in_city)
select tenant, period, version, name, starts_on, ends_on, text, stays_in_city
from jsonb_populate_recordset(null::ref_ppkm_periods, :rows::jsonb)
on conflict (tenant, period, version) do update set name = excluded.name, starts_on = excluded.starts_on,
  ends_on = excluded.ends_on, text = excluded.text, stays_in_city = excluded.stays_in_city;

-- name: list_regions
-- Regions of cities.
select * from ref_regions where tenant = any(:tenants::text[]);

-- name: save_regions!
-- Regions of a city, new or changed; none goes, because what was bought keeps its name.
insert into ref_regions select * from jsonb_populate_recordset(null::ref_regions, :rows::jsonb)
on conflict (code) do update set
  level = excluded.level, name = excluded.name, parent_code = excluded.parent_code, kecamatan_code =
  excluded.kecamatan_code, lat = excluded.lat, lon = excluded.lon, population = excluded.population,
  by_chair = excluded.by_chair;

-- name: list_units
-- Units of cities.
select * from ref_units where tenant = any(:tenants::text[]);

-- name: list_headcounts
-- Headcounts of the units of cities, the oldest first.
select unit_code, valid_from, h.asn_count from ref_unit_headcounts h join ref_units using (unit_code)
where tenant = any(:tenants::text[]) order by unit_code, valid_from;

-- name: save_units!
-- Units of a city, new or changed; none goes, because what was bought keeps its name.
insert into ref_units select * from jsonb_populate_recordset(null::ref_units, :rows::jsonb)
on conflict (unit_code) do update set
  kind = excluded.kind, name = excluded.name, short_name = excluded.short_name, parent_code =
  excluded.parent_code, region_code = excluded.region_code, retired_from = excluded.retired_from,
  version = greatest(ref_units.version, excluded.version)
where excluded.version = 0 or excluded.version > ref_units.version;

-- name: save_headcounts!
-- Headcounts of units from a day on; those of other days stay.
insert into ref_unit_headcounts select * from unnest(:units::text[], :days::date[], :counts::int[])
on conflict (unit_code, valid_from) do update set asn_count = excluded.asn_count;

-- name: list_sellers
-- Sellers of cities.
select * from ref_sellers where tenant = any(:tenants::text[]);

-- name: save_sellers!
-- Sellers of a city, new or changed; none goes, because what was bought keeps its name.
insert into ref_sellers select * from jsonb_populate_recordset(null::ref_sellers, :rows::jsonb)
on conflict (tenant, seller_code) do update set
  name = excluded.name, channel = excluded.channel, kecamatan_code = excluded.kecamatan_code, kelurahan_code =
  excluded.kelurahan_code, fostering_unit_code = excluded.fostering_unit_code,
  retired_from = excluded.retired_from, version = greatest(ref_sellers.version, excluded.version)
where excluded.version = 0 or excluded.version > ref_sellers.version;

-- name: list_products
-- Products of cities.
select * from ref_products where tenant = any(:tenants::text[]);

-- name: save_products!
-- Products of a city, new or changed; none goes, because what was bought keeps its name.
insert into ref_products select * from jsonb_populate_recordset(null::ref_products, :rows::jsonb)
on conflict (tenant, sku) do update set
  name = excluded.name, category = excluded.category, price_idr = excluded.price_idr, shelf_life_hours =
  excluded.shelf_life_hours, storage = excluded.storage, weight_g = excluded.weight_g, portions =
  excluded.portions, need_groups = excluded.need_groups, halal = excluded.halal, infant = excluded.infant,
  soft = excluded.soft, diabetic_friendly = excluded.diabetic_friendly, allergens = excluded.allergens,
  contents = excluded.contents, merged_into = excluded.merged_into, retired_from = excluded.retired_from,
  version = greatest(ref_products.version, excluded.version)
where excluded.version = 0 or excluded.version > ref_products.version;
