-- migrate:up
create table product_reviews (
  tenant text not null,
  sku text not null,
  status text not null default 'pending'
    constraint product_reviews_status_known check (status in ('pending', 'accepted', 'merged', 'rejected')),
  note text not null default '',
  since timestamptz not null default now(),
  decided_at timestamptz,
  primary key (tenant, sku)
);
comment on table product_reviews is 'Products that purchases told and the registry did not know, and what a person decided';
comment on column product_reviews.status is 'pending, accepted, merged (another name of a known sku) or rejected';
comment on column product_reviews.note is 'Why; the sku that it was merged into';

create table product_tellings (
  telling_id uuid primary key,
  tenant text not null,
  sku text not null,
  product jsonb not null,
  unit_price_idr bigint not null,
  times_told integer not null,
  first_told_at timestamptz not null default now(),
  last_told_at timestamptz not null default now()
);
create index product_tellings_by_sku on product_tellings (tenant, sku);
comment on table product_tellings is 'What purchases said of a new product, each wording once: two for one sku are a conflict';
comment on column product_tellings.telling_id is 'Derived from tenant, sku and the words';
comment on column product_tellings.product is 'lines[].product as it was told: name, category, shelf_life_hours, contents';
comment on column product_tellings.unit_price_idr is 'Price of the last purchase that said so';

create table seller_turnover (
  tenant text not null,
  seller_code text not null,
  purchases integer not null,
  spend_idr bigint not null,
  primary key (tenant, seller_code)
);
comment on table seller_turnover is 'What sellers sold, reckoned anew now and then, in cities that list those first who sold least';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table seller_turnover, product_tellings, product_reviews;
