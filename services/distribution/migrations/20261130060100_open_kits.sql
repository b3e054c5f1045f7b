-- migrate:up
alter table lots
  add column opened integer not null default 0 constraint lots_opened_not_below_0 check (opened >= 0),
  add column kit_lot_id uuid,
  add column per_kit integer constraint lots_loose_goods_come_of_a_kit check ((kit_lot_id is null) = (per_kit is null));
comment on column lots.opened is 'Kits that an officer took apart: their contents are pieces of other lots';
comment on column lots.kit_lot_id is 'The lot of kits that these loose pieces came out of; null: they were bought as they are';
comment on column lots.per_kit is 'Pieces that came out of one kit';
-- squawk-ignore require-concurrent-index-creation
create index lots_by_kit on lots (kit_lot_id) where kit_lot_id is not null;
alter table lots
  -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
  add constraint lots_kit_is_a_lot foreign key (kit_lot_id) references lots,
  -- squawk-ignore ban-drop-constraint
  drop constraint lots_every_piece_is_somewhere,
  -- squawk-ignore constraint-missing-not-valid
  add constraint lots_every_piece_is_somewhere check (available + reserved + in_transit + delivered + returned + expired
    + withdrawn + damaged + opened = bought + over_delivered);

alter table stock_adjustments
  -- squawk-ignore ban-drop-constraint
  drop constraint stock_adjustments_kind_known,
  -- squawk-ignore constraint-missing-not-valid
  add constraint stock_adjustments_kind_known check (kind in ('damage', 'count', 'withdrawal', 'opening'));
comment on column stock_adjustments.kind is 'damage, count (pieces that lie there), withdrawal (the whole lot) or opening (of kits)';
comment on column stock_adjustments.pieces is 'Pieces damaged or counted, kits opened; 0 for a withdrawal';

-- where pieces may go: CHART of domain/stock.py
alter table stock_entries
  -- squawk-ignore ban-drop-constraint
  drop constraint stock_entries_follow_the_chart,
  -- squawk-ignore constraint-missing-not-valid
  add constraint stock_entries_follow_the_chart check (from_account || '>' || to_account = any (array[
    'bought>available', 'available>bought', 'over_delivered>bought', 'bought>over_delivered',
    'available>reserved', 'reserved>available', 'reserved>in_transit', 'in_transit>reserved',
    'reserved>delivered', 'in_transit>delivered', 'in_transit>returned',
    'returned>available', 'returned>over_delivered', 'returned>expired', 'returned>withdrawn', 'returned>damaged',
    'available>over_delivered', 'available>expired', 'available>withdrawn', 'available>damaged',
    'withdrawn>available', 'expired>available', 'available>opened', 'opened>bought']));

drop trigger lots_balances_follow_the_entries on lots;
create trigger lots_balances_follow_the_entries
  before update of bought, over_delivered, available, reserved, in_transit, delivered, returned, expired, withdrawn, damaged,
    opened
  on lots for each row when (pg_trigger_depth() = 0) execute function refuse_balance();

create or replace function post_entries() returns trigger language plpgsql set search_path from current as $$
begin
  update lots set bought = lots.bought + sums.bought, over_delivered = lots.over_delivered + sums.over_delivered,
    available = lots.available + sums.available, reserved = lots.reserved + sums.reserved,
    in_transit = lots.in_transit + sums.in_transit, delivered = lots.delivered + sums.delivered,
    returned = lots.returned + sums.returned, expired = lots.expired + sums.expired,
    withdrawn = lots.withdrawn + sums.withdrawn, damaged = lots.damaged + sums.damaged, opened = lots.opened + sums.opened
  from (
    select lot_id,
      -coalesce(sum(change) filter (where account = 'bought'), 0) as bought,
      -coalesce(sum(change) filter (where account = 'over_delivered'), 0) as over_delivered,
      coalesce(sum(change) filter (where account = 'available'), 0) as available,
      coalesce(sum(change) filter (where account = 'reserved'), 0) as reserved,
      coalesce(sum(change) filter (where account = 'in_transit'), 0) as in_transit,
      coalesce(sum(change) filter (where account = 'delivered'), 0) as delivered,
      coalesce(sum(change) filter (where account = 'returned'), 0) as returned,
      coalesce(sum(change) filter (where account = 'expired'), 0) as expired,
      coalesce(sum(change) filter (where account = 'withdrawn'), 0) as withdrawn,
      coalesce(sum(change) filter (where account = 'damaged'), 0) as damaged,
      coalesce(sum(change) filter (where account = 'opened'), 0) as opened
    from new_entries cross join lateral (values (to_account, quantity), (from_account, -quantity)) as side (account, change)
    group by lot_id
  ) as sums where lots.lot_id = sums.lot_id;
  return null;
end $$;
-- migrate:down
-- entries of opened kits stay in the ledger: a database that has some cannot go back
drop trigger lots_balances_follow_the_entries on lots;
create trigger lots_balances_follow_the_entries
  before update of bought, over_delivered, available, reserved, in_transit, delivered, returned, expired, withdrawn, damaged
  on lots for each row when (pg_trigger_depth() = 0) execute function refuse_balance();
create or replace function post_entries() returns trigger language plpgsql set search_path from current as $$
begin
  update lots set bought = lots.bought + sums.bought, over_delivered = lots.over_delivered + sums.over_delivered,
    available = lots.available + sums.available, reserved = lots.reserved + sums.reserved,
    in_transit = lots.in_transit + sums.in_transit, delivered = lots.delivered + sums.delivered,
    returned = lots.returned + sums.returned, expired = lots.expired + sums.expired,
    withdrawn = lots.withdrawn + sums.withdrawn, damaged = lots.damaged + sums.damaged
  from (
    select lot_id,
      -coalesce(sum(change) filter (where account = 'bought'), 0) as bought,
      -coalesce(sum(change) filter (where account = 'over_delivered'), 0) as over_delivered,
      coalesce(sum(change) filter (where account = 'available'), 0) as available,
      coalesce(sum(change) filter (where account = 'reserved'), 0) as reserved,
      coalesce(sum(change) filter (where account = 'in_transit'), 0) as in_transit,
      coalesce(sum(change) filter (where account = 'delivered'), 0) as delivered,
      coalesce(sum(change) filter (where account = 'returned'), 0) as returned,
      coalesce(sum(change) filter (where account = 'expired'), 0) as expired,
      coalesce(sum(change) filter (where account = 'withdrawn'), 0) as withdrawn,
      coalesce(sum(change) filter (where account = 'damaged'), 0) as damaged
    from new_entries cross join lateral (values (to_account, quantity), (from_account, -quantity)) as side (account, change)
    group by lot_id
  ) as sums where lots.lot_id = sums.lot_id;
  return null;
end $$;
alter table stock_entries
  -- squawk-ignore ban-drop-constraint
  drop constraint stock_entries_follow_the_chart,
  -- squawk-ignore constraint-missing-not-valid
  add constraint stock_entries_follow_the_chart check (from_account || '>' || to_account = any (array[
    'bought>available', 'available>bought', 'over_delivered>bought', 'bought>over_delivered',
    'available>reserved', 'reserved>available', 'reserved>in_transit', 'in_transit>reserved',
    'reserved>delivered', 'in_transit>delivered', 'in_transit>returned',
    'returned>available', 'returned>over_delivered', 'returned>expired', 'returned>withdrawn', 'returned>damaged',
    'available>over_delivered', 'available>expired', 'available>withdrawn', 'available>damaged',
    'withdrawn>available', 'expired>available']));
alter table stock_adjustments
  -- squawk-ignore ban-drop-constraint
  drop constraint stock_adjustments_kind_known,
  -- squawk-ignore constraint-missing-not-valid
  add constraint stock_adjustments_kind_known check (kind in ('damage', 'count', 'withdrawal'));
alter table lots
  -- squawk-ignore ban-drop-constraint
  drop constraint lots_every_piece_is_somewhere;
alter table lots
  -- squawk-ignore constraint-missing-not-valid
  add constraint lots_every_piece_is_somewhere check (
    available + reserved + in_transit + delivered + returned + expired + withdrawn + damaged = bought + over_delivered);
-- squawk-ignore ban-drop-column
alter table lots drop column per_kit, drop column kit_lot_id, drop column opened;
