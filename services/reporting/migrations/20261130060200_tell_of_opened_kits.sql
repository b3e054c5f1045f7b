-- migrate:up
alter table fct_stock_change add column opened integer not null default 0, add column kit_line_no integer;
comment on column fct_stock_change.opened is 'Kits that were taken apart; below 0: whose contents went with a correction';
comment on column fct_stock_change.kit_line_no is 'The line of the kits that these loose pieces came out of; null: they were bought as they are';
-- squawk-ignore require-concurrent-index-creation
create index fct_stock_change_loose on fct_stock_change (purchase_id, line_no) where kit_line_no is not null;

-- lines of the receipt, and the loose goods of opened kits, which no receipt names: what came out of a kit is told by the ledger
create view line_told as
select purchase_id, line_no, sku, expires_at, quantity, false as is_loose from fct_purchase_line
union all
select purchase_id, line_no, min(sku), null, sum(quantity)::integer, true from fct_stock_change
where kit_line_no is not null and kind = 'adjusted' group by purchase_id, line_no;
comment on view line_told is 'Lines of purchases as their receipts tell them, and loose goods of opened kits as lines of their own';

create or replace view line_now as
select p.tenant, l.purchase_id, l.line_no, l.sku, p.unit_code, p.purpose, p.local_date, p.is_voided,
  p.pickup_kelurahan as kelurahan, p.purchased_at, l.expires_at, bought.pieces as bought,
  coalesce(t.on_the_way, 0) as on_the_way, coalesce(t.delivered, 0) as delivered, coalesce(s.expired, 0) as expired,
  coalesce(s.over_delivered, 0) as over_delivered,
  case when p.purpose = 'donation' then bought.pieces + coalesce(s.over_delivered, 0) - coalesce(t.on_the_way, 0)
    - coalesce(t.delivered, 0) - coalesce(s.expired, 0) - coalesce(s.damaged, 0) - coalesce(s.withdrawn, 0)
    - coalesce(s.opened, 0) else 0 end as in_stock,
  t.packets, coalesce(s.damaged, 0) as damaged, coalesce(s.withdrawn, 0) as withdrawn, coalesce(t.reserved, 0) as reserved,
  coalesce(s.opened, 0) as opened, l.is_loose
from line_told l join fct_purchase p using (purchase_id)
cross join lateral (select case when p.is_voided and not l.is_loose then 0 else l.quantity end as pieces) bought
cross join lateral (select count(*) as packets,
    sum(tl.quantity) filter (where k.status in ('assigned', 'accepted', 'failed')
      or (k.status = 'recalled' and k.accepted_at is not null)) as on_the_way,
    sum(tl.quantity) filter (where k.status = 'assigned') as reserved,
    sum(tl.quantity) filter (where k.status = 'delivered') as delivered
  from fct_task_line tl join fct_task k using (task_id) where (tl.purchase_id, tl.line_no) = (l.purchase_id, l.line_no)) t
cross join lateral (select sum(c.expired) + coalesce(sum(c.quantity) filter (where c.kind = 'expired'), 0) as expired,
    sum(c.over_delivered) as over_delivered, sum(c.damaged) as damaged, sum(c.withdrawn) as withdrawn, sum(c.opened) as opened
  from fct_stock_change c where (c.purchase_id, c.line_no) = (l.purchase_id, l.line_no)) s;
-- migrate:down
-- the published views go with it; `peduli migrate` makes them anew
-- squawk-ignore ban-drop-view
drop view stock_line_now, line_now cascade;
-- squawk-ignore ban-drop-view
drop view line_told;
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
create view stock_line_now as
select purchase_id, line_no, tenant, kelurahan, sku, purchased_at, expires_at, in_stock + reserved as on_hand, reserved, expired
from line_now where purpose = 'donation';
-- squawk-ignore ban-drop-column
alter table fct_stock_change drop column kit_line_no, drop column opened;
