-- migrate:up
-- Who told a purchase and where it waits is told by its events only: `peduli reporting rebuild` fills these columns and
-- tally_source_day for purchases of before; the other new tallies are filled here.
alter table fct_purchase
  add column source text not null default '',
  add column pickup_kelurahan text not null default '',
  add column recorded_on date,
  add column latency_seconds integer not null default 0;
comment on column fct_purchase.source is 'Who told it first, as in ce-source';
comment on column fct_purchase.pickup_kelurahan is 'Where the goods of a donation wait for their packets';
comment on column fct_purchase.recorded_on is 'Day of the city on which it was recorded first';
comment on column fct_purchase.latency_seconds is 'From the purchase, as first told, to its recording';
alter table fct_purchase_line add column expires_at timestamptz;
comment on column fct_purchase_line.expires_at is 'As told with the line; null: by the shelf life of the product';
alter table fct_household add column released_at timestamptz;
comment on column fct_household.released_at is 'When its release was told; null while it isolates';

create or replace view dim_product as
select p.tenant, p.sku, p.name, p.category,
  coalesce((select min(k.shelf_life_hours) from unnest(p.contents) as content (item)
    join ref_products k on k.tenant = p.tenant and k.sku = split_part(content.item, ':', 1)),
    p.shelf_life_hours) as shelf_life_hours
from ref_products p;
comment on view dim_product is 'The catalogue; a kit keeps as long as what spoils first in it';

create table tally_seller_day (
  tenant text not null, seller_code text not null, local_date date not null, purchases integer not null,
  items bigint not null, spend_idr bigint not null, primary key (tenant, seller_code, local_date)
);
comment on table tally_seller_day is 'Turnover of an UMKM or koperasi on a day of its city''s zone';
insert into tally_seller_day
select tenant, seller_code, local_date, count(*), sum(items), sum(total_idr)
from fct_purchase where not is_voided group by 1, 2, 3;

create table tally_product_day (
  tenant text not null, sku text not null, local_date date not null, items bigint not null, spend_idr bigint not null,
  primary key (tenant, sku, local_date)
);
comment on table tally_product_day is 'Pieces and rupiah of a product on a day of its city''s zone';
insert into tally_product_day
select p.tenant, l.sku, p.local_date, sum(l.quantity), sum(l.quantity * l.unit_price_idr)
from fct_purchase p join fct_purchase_line l using (purchase_id) where not p.is_voided group by 1, 2, 3;

create table tally_source_day (
  tenant text not null, source text not null, local_date date not null, accepted integer not null,
  latency_seconds bigint not null, primary key (tenant, source, local_date)
);
comment on table tally_source_day is 'Purchases that a source told on a day of its city''s zone, whatever became of them, and the sum of their latencies';

create table quality_check (
  checked_at timestamptz primary key, seconds numeric(12, 3) not null, is_whole boolean not null,
  events bigint not null, differences integer not null, by_tally jsonb not null
);
comment on table quality_check is 'What the nightly reconcile found';
comment on column quality_check.is_whole is 'True when the owners'' logs were compared too';
comment on column quality_check.by_tally is 'Differences by table: {table: count}; empty when all is right';

-- squawk-ignore require-concurrent-index-creation
create index fct_task_by_delivery on fct_task (kelurahan, delivered_at) where delivered_at is not null;
-- squawk-ignore require-concurrent-index-creation
create index fct_task_by_household on fct_task (household_id) where status = 'delivered';
-- squawk-ignore require-concurrent-index-creation
create index fct_household_isolating on fct_household (kelurahan) where not is_released;
-- migrate:down
-- squawk-ignore ban-drop-table
drop table quality_check, tally_source_day, tally_product_day, tally_seller_day;
-- squawk-ignore require-concurrent-index-deletion
drop index fct_task_by_delivery, fct_task_by_household, fct_household_isolating;
-- the published views go with it; `peduli migrate` makes them anew
-- squawk-ignore ban-drop-view
drop view dim_product cascade;
create view dim_product as select tenant, sku, name, category from ref_products;
-- squawk-ignore ban-drop-column
alter table fct_household drop column released_at;
-- squawk-ignore ban-drop-column
alter table fct_purchase_line drop column expires_at;
-- squawk-ignore ban-drop-column
alter table fct_purchase drop column source;
-- squawk-ignore ban-drop-column
alter table fct_purchase drop column pickup_kelurahan;
-- squawk-ignore ban-drop-column
alter table fct_purchase drop column recorded_on;
-- squawk-ignore ban-drop-column
alter table fct_purchase drop column latency_seconds;
