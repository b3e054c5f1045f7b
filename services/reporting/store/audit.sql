-- name: list_sources
-- Under which names purchases of a city were told.
select distinct source from reporting.v1_submission_quality where tenant = :tenant and source <> '' order by source;

-- name: list_named
-- The purchases that one of these ids names: its own, or that of a packet's task.
select purchase_id from fct_purchase where tenant = :tenant and purchase_id = any(:ids::uuid[])
union select p.purchase_id from fct_task t join fct_task_line l using (task_id) join fct_purchase p using (purchase_id)
where t.tenant = :tenant and t.task_id = any(:ids::uuid[]) order by 1 limit 20;

-- name: find_purchase^
-- A purchase as it stands.
select p.purchase_id, p.version, p.is_voided, p.source, p.purpose, p.channel, p.items as pieces, p.total_idr, p.purchased_at,
  coalesce(u.name, p.unit_code) as unit_name, coalesce(s.name, p.seller_code) as seller_name, p.pickup_kelurahan
from fct_purchase p left join dim_unit u on u.unit_code = p.unit_code
left join dim_seller s on (s.tenant, s.seller_code) = (p.tenant, p.seller_code)
where p.tenant = :tenant and p.purchase_id = :id;

-- name: list_lines
-- Where the pieces of each line are.
select t.line_no, t.sku, coalesce(d.name, t.sku) as product_name, l.unit_price_idr, t.bought, t.over_delivered::int as over_delivered,
  t.on_the_way::int as on_the_way, t.delivered::int as delivered, t.expired::int as expired, t.damaged::int as damaged,
  t.withdrawn::int as withdrawn, t.opened::int as opened, t.in_stock::int as in_stock, t.is_loose
from reporting.v1_trace t left join fct_purchase_line l using (purchase_id, line_no)
left join dim_product d on (d.tenant, d.sku) = (t.tenant, t.sku)
where t.tenant = :tenant and t.purchase_id = :id order by t.line_no;

-- name: list_packets
-- The packets with pieces of a purchase, each with the time of its steps.
select l.line_no, l.quantity, t.task_id, t.kelurahan, t.status, t.assigned_at, t.accepted_at, t.delivered_at, t.returned_at,
  t.recalled_at
from fct_task_line l join fct_task t using (task_id)
where t.tenant = :tenant and l.purchase_id = :id order by l.line_no, t.assigned_at, t.task_id;
