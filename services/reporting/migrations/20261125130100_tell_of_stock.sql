-- migrate:up
alter table fct_stock_change
  add column damaged integer not null default 0,
  add column withdrawn integer not null default 0,
  add column expired integer not null default 0;
comment on column fct_stock_change.damaged is 'Pieces that were written off as damaged; below 0: they came back';
comment on column fct_stock_change.withdrawn is 'Pieces taken out of stock or missing at a count; below 0: they came back';
comment on column fct_stock_change.expired is 'Pieces that expired with an adjustment; below 0: good again. `quantity` has them when kind is expired';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table fct_stock_change drop column damaged, drop column withdrawn, drop column expired;
