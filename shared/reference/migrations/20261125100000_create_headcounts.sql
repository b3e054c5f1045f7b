-- migrate:up
create table ref_unit_headcounts (
  unit_code text not null references ref_units,
  valid_from date not null,
  asn_count integer not null constraint ref_unit_headcounts_not_below_0 check (asn_count >= 0),
  primary key (unit_code, valid_from)
);
comment on table ref_unit_headcounts is 'ASN of a unit from a day on, until its next row; before its first row that one counts';
comment on column ref_unit_headcounts.valid_from is 'First day, in the city''s zone; 0001-01-01: since ever';
insert into ref_unit_headcounts select unit_code, date '0001-01-01', asn_count from ref_units;

alter table ref_units add column retired_from date, add column version integer not null default 0;
alter table ref_sellers add column retired_from date, add column version integer not null default 0;
alter table ref_products add column contents text[] not null default '{}',
  add column merged_into text not null default '', add column retired_from date,
  add column version integer not null default 0;
alter table ref_cities add column seller_order text not null default 'name';
comment on column ref_units.retired_from is 'First day on which it is no longer active, in the city''s zone; null: active';
comment on column ref_sellers.retired_from is 'First day on which it is no longer active, in the city''s zone; null: active';
comment on column ref_products.retired_from is 'First day on which it cannot be bought any more, in the city''s zone; null: active';
comment on column ref_units.version is 'Version of the last unit.changed applied; 0: only ever loaded with its city';
comment on column ref_sellers.version is 'Version of the last seller.changed applied; 0: only ever loaded with its city';
comment on column ref_products.version is 'Version of the last product.changed applied; 0: only ever loaded with its city';
comment on column ref_products.contents is 'What is in a kit, as SKU:pieces; what the kit is, is reckoned from it when it is read';
comment on column ref_products.merged_into is 'The sku that this one is another name of; empty: none';
comment on column ref_cities.seller_order is 'How pages list sellers: name, or least_sold first';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table ref_cities drop column seller_order;
-- squawk-ignore ban-drop-column
alter table ref_products drop column contents, drop column merged_into, drop column retired_from, drop column version;
-- squawk-ignore ban-drop-column
alter table ref_sellers drop column retired_from, drop column version;
-- squawk-ignore ban-drop-column
alter table ref_units drop column retired_from, drop column version;
-- squawk-ignore ban-drop-table
drop table ref_unit_headcounts;
