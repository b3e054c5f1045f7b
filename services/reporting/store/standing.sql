-- name: claim_standing!
-- One transaction at a time from here on: lanes add to the same tallies, in several statements, and what stands now rests
-- on facts that two of them may have written at once.
select pg_advisory_xact_lock(hashtext('peduli-standing'), hashtext(current_schema()));

-- name: save_hours!
-- Count the packets of these tasks, purchases and households as they stand now, and no longer as they were counted.
with homes as (
  select household_id from fct_task where task_id = any(:tasks::uuid[])
  union select household_id from fct_task_line join fct_task using (task_id) where purchase_id = any(:purchases::uuid[])
  union select unnest(:households::uuid[])),
standing as (select * from delivery_now where household_id = any(array(select household_id from homes))),
counted as (select c.* from fct_delivery c join standing using (task_id)),
changed as (
  (select 1 as sign, * from standing except all select 1, * from counted)
  union all (select -1, * from counted except all select -1, * from standing)),
saved as (
  insert into fct_delivery
  select task_id, tenant, kelurahan, household_id, local_date, is_first, is_in_time, to_assign, to_deliver, in_all
  from changed where sign = 1
  on conflict (task_id) do update set kelurahan = excluded.kelurahan, local_date = excluded.local_date,
    is_first = excluded.is_first, is_in_time = excluded.is_in_time, to_assign = excluded.to_assign,
    to_deliver = excluded.to_deliver, in_all = excluded.in_all)
insert into tally_hours_day as t
select c.tenant, place.kelurahan, c.local_date, sum(sign), coalesce(sum(sign) filter (where is_first), 0),
  coalesce(sum(sign) filter (where is_in_time), 0),
  added(histogram(array_agg(to_assign order by to_assign) filter (where sign = 1 and to_assign is not null)),
    histogram(array_agg(to_assign order by to_assign) filter (where sign = -1 and to_assign is not null)), -1),
  added(histogram(array_agg(to_deliver order by to_deliver) filter (where sign = 1 and to_deliver is not null)),
    histogram(array_agg(to_deliver order by to_deliver) filter (where sign = -1 and to_deliver is not null)), -1),
  added(histogram(array_agg(in_all order by in_all) filter (where sign = 1 and in_all is not null)),
    histogram(array_agg(in_all order by in_all) filter (where sign = -1 and in_all is not null)), -1)
from changed c cross join lateral (values (c.kelurahan), ('')) as place (kelurahan)
group by c.tenant, place.kelurahan, c.local_date
on conflict (tenant, kelurahan, local_date) do update set delivered = t.delivered + excluded.delivered,
  households = t.households + excluded.households, in_time = t.in_time + excluded.in_time,
  to_assign = added(t.to_assign, excluded.to_assign, 1), to_deliver = added(t.to_deliver, excluded.to_deliver, 1),
  in_all = added(t.in_all, excluded.in_all, 1);

-- name: save_stock!
-- Count the donated lines of these purchases as they stand now, and no longer as they were counted. Each is looked up by
-- its key (`offset 0` keeps that): for a thousand of them the planner would read all there are.
with bought as (select unnest(:purchases::uuid[]) as id),
standing as (select n.* from bought
  cross join lateral (select * from stock_line_now s where s.purchase_id = bought.id offset 0) n),
counted as (select c.* from bought
  cross join lateral (select * from fct_stock_line f where f.purchase_id = bought.id offset 0) c),
changed as (
  (select 1 as sign, * from standing except all select 1, * from counted)
  union all (select -1, * from counted except all select -1, * from standing)),
gone as (
  delete from fct_stock_line f using counted c
  where (f.purchase_id, f.line_no) = (c.purchase_id, c.line_no)
    and not exists (select from standing s where (s.purchase_id, s.line_no) = (c.purchase_id, c.line_no))),
saved as (
  insert into fct_stock_line
  select purchase_id, line_no, tenant, kelurahan, sku, purchased_at, expires_at, on_hand, reserved, expired
  from changed where sign = 1
  on conflict (purchase_id, line_no) do update set kelurahan = excluded.kelurahan, sku = excluded.sku,
    purchased_at = excluded.purchased_at, expires_at = excluded.expires_at, on_hand = excluded.on_hand,
    reserved = excluded.reserved, expired = excluded.expired)
insert into tally_stock as t
select tenant, kelurahan, sku, sum(sign), sum(sign * on_hand), sum(sign * reserved), sum(sign * expired)
from changed group by 1, 2, 3
on conflict (tenant, kelurahan, sku) do update set lines = t.lines + excluded.lines, on_hand = t.on_hand + excluded.on_hand,
  reserved = t.reserved + excluded.reserved, expired = t.expired + excluded.expired;

-- name: delete_empty_stock!
-- A correction took the last line of a product away from a kelurahan.
delete from tally_stock where lines = 0;
