-- name: list_close_packets
-- Packets that came to a household within seven days of another.
select task_id::text as id, at, kelurahan as place, 'after ' || earlier as found from (
  select t.task_id, t.kelurahan, t.delivered_at as at, d.local_date, lag(t.task_id) over by_home as earlier,
    lag(t.delivered_at) over by_home as earlier_at
  from fct_delivery d join fct_task t using (task_id) where d.tenant = :tenant
  window by_home as (partition by d.household_id order by t.delivered_at, t.task_id)) packets
where local_date between :first and :last and at < earlier_at + interval '7 days' order by at, id;

-- name: list_late_packets
-- Packets that came when the isolation of their household was over, or its release told.
select d.task_id::text as id, t.delivered_at as at, d.kelurahan as place,
  round(extract(epoch from t.delivered_at - least(h.isolation_until, h.released_at)) / 3600, 1) || ' h late' as found
from fct_delivery d join fct_task t using (task_id) join fct_household h on h.household_id = d.household_id
where d.tenant = :tenant and d.local_date between :first and :last
  and t.delivered_at > least(h.isolation_until, h.released_at) order by at, id;

-- name: list_dear_lines
-- Lines of receipts at more than twice the median price of their product.
with usual as (
  select l.sku, percentile_disc(0.5) within group (order by l.unit_price_idr) as idr
  from fct_purchase_line l join fct_purchase p using (purchase_id) where p.tenant = :tenant and not p.is_voided group by 1)
select p.purchase_id::text as id, p.purchased_at as at, p.unit_code as place,
  l.sku || ': Rp' || l.unit_price_idr || ', usually Rp' || usual.idr as found
from fct_purchase_line l join fct_purchase p using (purchase_id) join usual using (sku)
where p.tenant = :tenant and not p.is_voided and p.local_date between :first and :last and l.unit_price_idr > 2 * usual.idr
order by at, id, l.line_no;

-- name: list_receipts_under_limits
-- Receipts that stay below a round sum by a fiftieth of it or less.
select p.purchase_id::text as id, p.purchased_at as at, p.unit_code as place, 'Rp' || p.total_idr || ' of Rp' || sum_idr as found
from fct_purchase p join unnest(:limits::bigint[]) as sum_idr on p.total_idr < sum_idr and p.total_idr >= sum_idr - sum_idr / 50
where p.tenant = :tenant and not p.is_voided and p.local_date between :first and :last order by at, id;

-- name: list_alike_receipts
-- Receipts with the day, the seller, the unit, the buyers and the sum of another.
select purchase_id::text as id, purchased_at as at, unit_code as place, 'Rp' || total_idr || ', ' || alike || ' times' as found
from (select *, count(*) over (partition by local_date, seller_code, unit_code, buyer_keys, total_idr) as alike
  from fct_purchase where tenant = :tenant and not is_voided and local_date between :first and :last) receipts
where alike > 1 order by unit_code, local_date, seller_code, total_idr, id;

-- name: draw_receipts
-- Receipts that stand, drawn by a seed: the same draw as long as the same ones are there.
select purchase_id::text as id, purchased_at as at, unit_code as place, 'Rp' || total_idr as found
from fct_purchase where tenant = :tenant and not is_voided and local_date between :first and :last
order by md5(:seed::bigint || ' ' || purchase_id) limit :size;

-- name: draw_doors
-- Packets that came to a door, drawn likewise.
select d.task_id::text as id, t.delivered_at as at, d.kelurahan as place,
  (select sum(quantity) from fct_task_line l where l.task_id = d.task_id) || ' pieces' as found
from fct_delivery d join fct_task t using (task_id) where d.tenant = :tenant and d.local_date between :first and :last
order by md5(:seed::bigint || ' ' || d.task_id) limit :size;
