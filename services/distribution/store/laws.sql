-- name: find_lost_pieces
-- L1. Lots whose balances do not sum to what was bought, or are not what their entries say; loose goods that are not
-- those of the opened kits.
with told as (
  select lot_id, account, sum(case when account in ('bought', 'over_delivered') then -change else change end) as pieces
  from stock_entries cross join lateral (values (to_account, quantity), (from_account, -quantity)) as side (account, change)
  group by lot_id, account
)
select l.tenant, 'lot ' || l.lot_id as subject, case when held.account is null then 'the accounts do not sum to what was bought'
  else held.account || ' is ' || held.pieces || ', its entries say ' || coalesce(told.pieces, 0) end as detail
from lots l cross join lateral (
  select account, pieces from (values ('bought', bought), ('over_delivered', over_delivered), ('available', available),
    ('reserved', reserved), ('in_transit', in_transit), ('delivered', delivered), ('returned', returned),
    ('expired', expired), ('withdrawn', withdrawn), ('damaged', damaged), ('opened', opened)) as balance (account, pieces)
  union all select null, available + reserved + in_transit + delivered + returned + expired + withdrawn + damaged + opened
    - bought - over_delivered
) as held
left join told on (told.lot_id, told.account) = (l.lot_id, held.account)
where held.pieces <> coalesce(told.pieces, 0)
union all
select l.tenant, 'lot ' || l.lot_id, l.bought || ' loose pieces of ' || kits.opened || ' opened kits, ' || l.per_kit || ' in each'
from lots l join lots kits on kits.lot_id = l.kit_lot_id where l.bought <> kits.opened * l.per_kit
order by 1, 2, 3 limit 100;

-- name: find_overdrawn_accounts
-- L2. Accounts that were below 0 after some transaction; by entry_id, because clocks of two processes may differ.
with changes as (
  select lot_id, account, max(entry_id) as entry_id,
    sum(case when account in ('bought', 'over_delivered') then -change else change end) as change
  from stock_entries e cross join lateral (values (to_account, quantity), (from_account, -quantity)) as side (account, change)
  group by lot_id, account, e.xmin::text
), running as (
  select lot_id, account, entry_id, sum(change) over (partition by lot_id, account order by entry_id) as pieces from changes
)
select tenant, 'lot ' || lot_id as subject, account || ' was ' || pieces || ' after entry ' || entry_id as detail
from running join lots using (lot_id) where pieces < 0
order by 1, 2, 3 limit 100;

-- name: find_unreserved_lines
-- L3. Households whose packets hold other pieces than were taken out of stock for them, by lot.
with held as (
  select household_id, lot_id, sum(quantity) filter (where goods = 'reserved') as reserved,
    sum(quantity) filter (where goods in ('reserved', 'in_transit', 'delivered')) as taken
  from tasks join task_lines using (task_id) group by 1, 2
), moved as (
  select household_id, lot_id, sum(case 'reserved' when to_account then quantity when from_account then -quantity else 0 end)
      as reserved,
    sum(case when from_account = 'available' then quantity when to_account = 'available' and from_account = 'reserved'
      or to_account = 'returned' then -quantity else 0 end) as taken
  from stock_entries join tasks on cause like 'task:%' and task_id = split_part(cause, ':', 2)::uuid
  where 'reserved' in (from_account, to_account) or to_account = 'returned' group by 1, 2
)
select l.tenant, 'household ' || household_id || ', lot ' || lot_id as subject,
  'packets hold ' || coalesce(h.taken, 0) || ' (' || coalesce(h.reserved, 0) || ' in the lumbung), the ledger gave '
    || coalesce(m.taken, 0) || ' (' || coalesce(m.reserved, 0) || ')' as detail
from held h full join moved m using (household_id, lot_id) join lots l using (lot_id)
where (coalesce(h.taken, 0), coalesce(h.reserved, 0)) <> (coalesce(m.taken, 0), coalesce(m.reserved, 0))
order by 1, 2 limit 100;

-- name: find_pieces_promised_twice
-- L4. Lots of which packets hold more than left the stock for packets.
select l.tenant, 'lot ' || l.lot_id as subject, sum(tl.quantity) || ' pieces in packets, '
  || l.reserved + l.in_transit + l.delivered || ' pieces taken for them' as detail
from lots l join task_lines tl using (lot_id) join tasks t using (task_id)
where t.goods in ('reserved', 'in_transit', 'delivered')
group by l.lot_id having sum(tl.quantity) > l.reserved + l.in_transit + l.delivered
order by 1, 2 limit 100;

-- name: find_late_packets
-- L5. Packets in the lumbung that would arrive when isolation is over or goods are spoilt.
select tenant, 'task ' || task_id || ', lot ' || lot_id as subject, why as detail from unfit_packets where code = 'L5'
order by 1, 2, 3 limit 100;

-- name: find_forbidden_goods
-- L6. Lines of open packets that are against an allergy, a group or a rule of the household.
select tenant, 'task ' || task_id || ', lot ' || lot_id as subject, sku || ': ' || why as detail from unfit_packets
where code = 'L6' order by 1, 2, 3 limit 100;

-- name: find_disagreements
-- L7. Tasks whose goods cannot be where they are said to be, open packets of one door, and lots of which the tasks tell otherwise.
with sums as (
  select lot_id, sum(quantity) filter (where goods = 'reserved') as reserved,
    sum(quantity) filter (where goods = 'in_transit') as in_transit, sum(quantity) filter (where goods = 'delivered') as delivered
  from tasks join task_lines using (task_id) group by lot_id
)
select tenant, 'task ' || task_id as subject, status || ', its goods are ' || goods as detail from tasks
where not case status
  when 'delivered' then goods = 'delivered'
  when 'returned' then goods in ('available', 'returned')
  when 'recalled' then goods in ('available', 'in_transit')
  when 'failed' then goods = 'in_transit'
  else goods in ('reserved', 'in_transit') end
union all
select tenant, 'lot ' || lot_id, 'reserved, in transit, delivered: tasks say '
  || concat_ws(', ', coalesce(s.reserved, 0), coalesce(s.in_transit, 0), coalesce(s.delivered, 0)) || '; the ledger says '
  || concat_ws(', ', l.reserved, l.in_transit, l.delivered)
from lots l left join sums s using (lot_id)
where (l.reserved, l.in_transit, l.delivered)
  <> (coalesce(s.reserved, 0), coalesce(s.in_transit, 0), coalesce(s.delivered, 0))
order by 1, 2, 3 limit 100;

-- name: find_unproven_deliveries
-- L8. Delivered tasks without a proof, or with another number of reports of the delivery than one; a report that was
-- refused counts when a coordinator said so.
select t.tenant, 'task ' || t.task_id as subject,
  case when t.proof_hash is null then 'no proof' else told.reports || ' reports of its delivery' end as detail
from tasks t cross join lateral (
  select count(*) as reports from field_reports r where r.task_id = t.task_id and (r.outcome = 'delivered' or (
    r.kind = 'deliver' and exists (select from coordinator_acts a
      where a.tenant = r.tenant and a.report_id = r.report_id and a.kind = 'keep_report')))) as told
where t.status = 'delivered' and (t.proof_hash is null or t.proof_kind is null or told.reports <> 1)
order by 1, 2 limit 100;
