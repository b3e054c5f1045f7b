-- migrate:up
create view dim_region as
select code as region_code, tenant, level, name, parent_code, kecamatan_code, population from ref_regions;
create view dim_unit as select unit_code, tenant, kind, name, parent_code, asn_count from ref_units;
create view dim_seller as select tenant, seller_code, name, channel, kelurahan_code as kelurahan from ref_sellers;
create view dim_product as select tenant, sku, name, category from ref_products;

create table fct_purchase (
  purchase_id uuid primary key, tenant text not null, version integer not null, is_voided boolean not null,
  unit_code text not null, buyer_keys text[] not null, seller_code text not null, channel text not null,
  purpose text not null, programme text not null, items integer not null, total_idr bigint not null,
  posts integer not null, compliant_posts integer not null, local_date date not null,
  purchased_at timestamptz not null
);
create index fct_purchase_by_unit on fct_purchase (unit_code, local_date);
create table fct_purchase_line (
  purchase_id uuid not null, line_no integer not null, sku text not null, quantity integer not null,
  unit_price_idr bigint not null, primary key (purchase_id, line_no)
);
create table fct_post (
  purchase_id uuid not null, url_hash text not null, said_by text not null, is_compliant boolean not null,
  posted_at timestamptz, primary key (purchase_id, url_hash)
);
create table fct_task (
  task_id uuid primary key, tenant text not null, version integer not null, status text not null,
  household_id uuid not null, kelurahan text not null, attempts integer not null, failures integer not null, assigned_at timestamptz,
  accepted_at timestamptz, delivered_at timestamptz, returned_at timestamptz, recalled_at timestamptz
);
create table fct_task_line (
  task_id uuid not null, purchase_id uuid not null, line_no integer not null, lot_id uuid not null, sku text not null,
  quantity integer not null, primary key (task_id, lot_id)
);
create index fct_task_line_by_purchase on fct_task_line (purchase_id, line_no);
create table fct_household (
  household_id uuid primary key, tenant text not null, version integer not null, kelurahan text not null,
  size integer not null, isolation_from timestamptz, isolation_until timestamptz, is_released boolean not null
);
create table fct_rejection (
  submission_id uuid primary key, tenant text not null, source text not null, codes text[] not null,
  rejected_at timestamptz not null
);
create table fct_stock_change (
  lot_id uuid not null, version integer not null, tenant text not null, kind text not null, purchase_id uuid not null,
  line_no integer not null, sku text not null, quantity integer not null, over_delivered integer not null,
  at timestamptz not null,
  primary key (lot_id, version)
);
create index fct_stock_change_by_purchase on fct_stock_change (purchase_id, line_no);

create table fct_pledge (
  pledge_id uuid primary key, tenant text not null, version integer not null, unit_code text not null,
  programme text not null, round date not null, pledged_idr bigint not null,
  pledged_packets integer not null, is_late boolean not null, pledged_at timestamptz not null
);
create index fct_pledge_by_unit on fct_pledge (unit_code, round);
create table tally_unit_round (
  unit_code text not null, programme text not null, round date not null, purchases integer not null,
  donated_idr bigint not null, primary key (unit_code, programme, round)
);
create table tally_unit_day (
  unit_code text not null, local_date date not null, purchases integer not null, items bigint not null,
  spend_idr bigint not null, donated_idr bigint not null, own_use_idr bigint not null, posts integer not null,
  compliant_posts integer not null, primary key (unit_code, local_date)
);
create table tally_channel_day (
  tenant text not null, channel text not null, local_date date not null, purchases integer not null,
  items bigint not null, spend_idr bigint not null, primary key (tenant, channel, local_date)
);
create table tally_region_day (
  kelurahan text not null, local_date date not null, assigned integer not null, accepted integer not null,
  delivered integer not null, failed integer not null, returned integer not null, recalled integer not null,
  pieces_delivered bigint not null, primary key (kelurahan, local_date)
);
create table unit_buyers (
  unit_code text not null, buyer_key text not null, purchases integer not null, primary key (unit_code, buyer_key)
);
create table freshness (
  tenant text not null, topic text not null, last_event_at timestamptz not null, last_applied_at timestamptz not null,
  primary key (tenant, topic)
);
create table heartbeat (is_only boolean primary key default true check (is_only), seen_at timestamptz not null);
comment on view dim_region is 'The city, its kecamatan and kelurahan';
comment on view dim_unit is 'Unit kerja with their number of ASN';
comment on view dim_seller is 'UMKM and koperasi';
comment on view dim_product is 'The catalogue';
comment on table fct_purchase is 'One row per purchase as it stands; voided ones stay, marked';
comment on column fct_purchase.buyer_keys is 'Keyed HMAC of each NIP: tells buyers apart, and names nobody';
comment on column fct_purchase.channel is 'Channel of the circular by which it was bought';
comment on column fct_purchase.purpose is 'donation or own_use';
comment on table fct_purchase_line is 'One row per line of a receipt';
comment on table fct_post is 'One row per post told with a purchase';
comment on column fct_post.url_hash is 'Hash of the address, because an address may name a person';
comment on table fct_task is 'One row per task with the time of each step: an accumulating snapshot';
comment on column fct_task.status is 'assigned, accepted, failed, delivered, returned or recalled';
comment on table fct_task_line is 'Pieces of purchase lines in a packet';
comment on table fct_household is 'Households in isolation by opaque id; nobody''s name';
comment on table fct_rejection is 'One row per refused submission';
comment on column fct_rejection.codes is 'Codes of the reasons, as in docs/reference/reasons.md';
comment on table fct_stock_change is 'Lots that expired or were adjusted by a correction or a void';
comment on column fct_stock_change.kind is 'expired or adjusted';
comment on table fct_pledge is 'What a unit promised for a round, as it last said';
comment on table tally_unit_round is 'Donations of a unit in a round, to be set against its pledge';
comment on table tally_channel_day is 'Purchases of a channel on a day of its city''s zone';
comment on column tally_channel_day.channel is 'Channel of the circular';
comment on table tally_region_day is 'What happened to the packets of a kelurahan on a day of its city''s zone';
comment on column unit_buyers.buyer_key is 'Keyed HMAC of the NIP';
comment on table freshness is 'Time of the latest event per topic, and when it was applied';
comment on table heartbeat is 'When the consumer was last seen alive; a single row';
comment on table tally_unit_day is 'Purchases of a unit on a day of its city''s zone, kept in the same transaction as the facts';
comment on column tally_channel_day.tenant is 'Channels are named alike in many cities';
comment on table unit_buyers is 'Exact distinct buyers: how many purchases each buyer_key has in a unit';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table heartbeat, freshness, unit_buyers, tally_unit_round, fct_pledge, tally_region_day, tally_channel_day,
  tally_unit_day, fct_stock_change, fct_rejection, fct_household, fct_task_line, fct_task, fct_post, fct_purchase_line,
  fct_purchase;
-- squawk-ignore ban-drop-view
drop view dim_product, dim_seller, dim_unit, dim_region;
