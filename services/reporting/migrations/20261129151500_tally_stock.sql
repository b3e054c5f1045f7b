-- migrate:up
create view line_now as
select p.tenant, l.purchase_id, l.line_no, l.sku, p.unit_code, p.purpose, p.local_date, p.is_voided,
  p.pickup_kelurahan as kelurahan, p.purchased_at, l.expires_at, bought.pieces as bought,
  coalesce(t.on_the_way, 0) as on_the_way, coalesce(t.delivered, 0) as delivered, coalesce(s.expired, 0) as expired,
  coalesce(s.over_delivered, 0) as over_delivered,
  case when p.purpose = 'donation' then bought.pieces + coalesce(s.over_delivered, 0) - coalesce(t.on_the_way, 0)
    - coalesce(t.delivered, 0) - coalesce(s.expired, 0) - coalesce(s.damaged, 0) - coalesce(s.withdrawn, 0) else 0 end as in_stock,
  t.packets, coalesce(s.damaged, 0) as damaged, coalesce(s.withdrawn, 0) as withdrawn, coalesce(t.reserved, 0) as reserved
from fct_purchase_line l join fct_purchase p using (purchase_id)
cross join lateral (select case when p.is_voided then 0 else l.quantity end as pieces) bought
cross join lateral (select count(*) as packets,
    sum(tl.quantity) filter (where k.status in ('assigned', 'accepted', 'failed')
      or (k.status = 'recalled' and k.accepted_at is not null)) as on_the_way,
    sum(tl.quantity) filter (where k.status = 'assigned') as reserved,
    sum(tl.quantity) filter (where k.status = 'delivered') as delivered
  from fct_task_line tl join fct_task k using (task_id) where (tl.purchase_id, tl.line_no) = (l.purchase_id, l.line_no)) t
cross join lateral (select sum(c.expired) + coalesce(sum(c.quantity) filter (where c.kind = 'expired'), 0) as expired,
    sum(c.over_delivered) as over_delivered, sum(c.damaged) as damaged, sum(c.withdrawn) as withdrawn
  from fct_stock_change c where (c.purchase_id, c.line_no) = (l.purchase_id, l.line_no)) s;
comment on view line_now is 'Every line of a purchase and where its pieces are, as the facts tell it now';
create view stock_line_now as
select purchase_id, line_no, tenant, kelurahan, sku, purchased_at, expires_at, in_stock + reserved as on_hand, reserved, expired
from line_now where purpose = 'donation';
comment on view stock_line_now is 'Pieces of every donated line in the lumbung, as the facts tell it now';

create table fct_stock_line (
  purchase_id uuid not null, line_no integer not null, tenant text not null, kelurahan text not null, sku text not null,
  purchased_at timestamptz not null, expires_at timestamptz, on_hand bigint not null, reserved bigint not null,
  expired bigint not null, primary key (purchase_id, line_no)
);
comment on table fct_stock_line is 'Pieces of every donated line in the lumbung as tally_stock counts them: what must go again when the facts change';
comment on column fct_stock_line.on_hand is 'Reserved ones included';
comment on column fct_stock_line.expires_at is 'As told with the line; null: by the shelf life of the product';
insert into fct_stock_line select * from stock_line_now;
-- what spoils first, among what still lies there: by a day that was told, or by the age that its product may reach
create index fct_stock_line_by_expiry on fct_stock_line (expires_at) where on_hand <> 0 and expires_at is not null;
create index fct_stock_line_by_age on fct_stock_line (tenant, sku, purchased_at) where on_hand <> 0 and expires_at is null;

create table tally_stock (
  tenant text not null, kelurahan text not null, sku text not null, lines integer not null, on_hand bigint not null,
  reserved bigint not null, expired bigint not null, primary key (tenant, kelurahan, sku)
);
comment on table tally_stock is 'Pieces of a product in the lumbung of a kelurahan';
comment on column tally_stock.lines is 'Donated lines that ever brought it there; a row without any goes';
insert into tally_stock
select tenant, kelurahan, sku, count(*), sum(on_hand), sum(reserved), sum(expired) from fct_stock_line group by 1, 2, 3;
-- migrate:down
-- squawk-ignore ban-drop-table
drop table tally_stock, fct_stock_line cascade;
-- the published views go with it; `peduli migrate` makes them anew
-- squawk-ignore ban-drop-view
drop view stock_line_now, line_now cascade;
