-- migrate:up
create table ref_cities (
  tenant text primary key,
  name text not null,
  time_zone text not null,
  language text not null,
  version bigint not null
);
comment on table ref_cities is 'The cities that are served';
comment on column ref_cities.tenant is 'City code without dots: 3276 is Depok';
comment on column ref_cities.time_zone is 'IANA name of the zone that its days are counted in: Asia/Jakarta (WIB), Makassar (WITA), Jayapura (WIT)';
comment on column ref_cities.language is 'Language of its pages';
comment on column ref_cities.version is 'Goes up with each load: services read a city again when it changed';

create table ref_programmes (
  tenant text not null references ref_cities,
  programme text not null,
  name text not null,
  basis text not null,
  hashtags text[] not null,
  channels text[] not null,
  starts_on date not null,
  ends_on date,
  earliest_purchase_on date not null,
  primary key (tenant, programme)
);
comment on table ref_programmes is 'What a city calls for, and by which rules a purchase counts';
comment on column ref_programmes.basis is 'The circular or decision it rests on';
comment on column ref_programmes.hashtags is 'Hashtags that a post must have, as the city writes them, without #';
comment on column ref_programmes.channels is 'Channels by which goods may be bought';
comment on column ref_programmes.ends_on is 'Last day of a purchase, in the city''s zone; null: no end yet';
comment on column ref_programmes.earliest_purchase_on is 'First day of a purchase, in the city''s zone';

create table ref_regions (
  code text primary key,
  tenant text not null references ref_cities,
  level text not null,
  name text not null,
  parent_code text not null,
  kecamatan_code text not null,
  lat double precision not null,
  lon double precision not null,
  population integer
);
comment on table ref_regions is 'The city, its kecamatan, its kelurahan or desa, by code of Kemendagri';
comment on column ref_regions.level is 'kota, kabupaten, kecamatan, kelurahan or desa';
comment on column ref_regions.lat is 'WGS 84 degrees, as lon';

create table ref_units (
  unit_code text primary key,
  tenant text not null references ref_cities,
  kind text not null,
  name text not null,
  short_name text not null,
  parent_code text not null,
  region_code text not null,
  asn_count integer not null
);
comment on table ref_units is 'Unit kerja of a city with their number of ASN';
comment on column ref_units.kind is 'opd, kecamatan or kelurahan';

create table ref_sellers (
  tenant text not null references ref_cities,
  seller_code text not null,
  name text not null,
  channel text not null,
  kecamatan_code text not null,
  kelurahan_code text not null,
  fostering_unit_code text not null,
  primary key (tenant, seller_code)
);
comment on table ref_sellers is 'UMKM and koperasi; a code is unique inside its city only';
comment on column ref_sellers.channel is 'One of the channels of the city''s programmes';

create table ref_products (
  tenant text not null references ref_cities,
  sku text not null,
  name text not null,
  category text not null,
  price_idr bigint not null,
  shelf_life_hours integer not null,
  storage text not null,
  weight_g integer not null,
  portions integer not null,
  need_groups text[] not null,
  halal boolean not null,
  infant boolean not null,
  soft boolean not null,
  diabetic_friendly boolean not null,
  allergens text[] not null,
  primary key (tenant, sku)
);
comment on table ref_products is 'The catalogue of a city; a sku is unique inside its city only';
comment on column ref_products.need_groups is 'food, protein, hygiene, baby, medicine: one or more';
comment on column ref_products.allergens is 'The obvious ones; not a label';
comment on column ref_products.portions is 'One-person servings that a piece gives; 0 where it makes no sense';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table ref_products, ref_sellers, ref_units, ref_regions, ref_programmes, ref_cities;
