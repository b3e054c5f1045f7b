-- migrate:up
create function shown(count bigint, smaller bigint, whole bigint) returns bigint immutable language sql return
  case when count = 0 or count >= 5 and coalesce(smaller, 0) not between 1 and 4 and (smaller > 0 or whole is not null)
    then count end;
comment on function shown is 'A count that is no secret, or null: 1 to 4 are hidden, and as many of the next larger ones of a sum as make 5 of the hidden ones together; where the sum itself is hidden (`whole` is null) its smallest is. `smaller` are all smaller ones of the sum together';
create function weight(count bigint, hidden bigint, told bigint) returns bigint immutable language sql return
  case when hidden > 0 and (hidden = 1 or count - coalesce(told, 0) < 5) then 1 else count end;
comment on function weight is 'What a sum of days weighs among sums: 1, as one that is hidden, when it would give a day away. `hidden` of its days are hidden, the others make `told` together';

create function placed(count integer, code text) returns bigint immutable language sql return
  count::bigint << 32 | hashtext(code)::bigint & 4294967295;
comment on function placed is 'Orders the counts of a sum, also those that are alike';

create view city_day as
select r.tenant, t.local_date, sum(assigned) as assigned, sum(accepted) as accepted, sum(delivered) as delivered,
  sum(failed) as failed, sum(returned) as returned, sum(recalled) as recalled,
  sum(pieces_delivered)::bigint as pieces_delivered,
  coalesce(sum(assigned) filter (where assigned < 5), 0) as few_assigned,
  coalesce(sum(accepted) filter (where accepted < 5), 0) as few_accepted,
  coalesce(sum(delivered) filter (where delivered < 5), 0) as few_delivered,
  coalesce(sum(failed) filter (where failed < 5), 0) as few_failed,
  coalesce(sum(returned) filter (where returned < 5), 0) as few_returned,
  coalesce(sum(recalled) filter (where recalled < 5), 0) as few_recalled,
  min(placed(assigned, kelurahan)) filter (where assigned >= 5) as next_assigned,
  min(placed(accepted, kelurahan)) filter (where accepted >= 5) as next_accepted,
  min(placed(delivered, kelurahan)) filter (where delivered >= 5) as next_delivered,
  min(placed(failed, kelurahan)) filter (where failed >= 5) as next_failed,
  min(placed(returned, kelurahan)) filter (where returned >= 5) as next_returned,
  min(placed(recalled, kelurahan)) filter (where recalled >= 5) as next_recalled
from tally_region_day t join dim_region r on r.region_code = t.kelurahan group by 1, 2;
comment on view city_day is 'tally_region_day of all kelurahan of a city together; few_… is the sum of the counts below 5, next_… the smallest of the others';
create view city_day_shown as
select tenant, local_date, shown(assigned, (sum(assigned) over by_assigned)::bigint, 0) as assigned,
  shown(accepted, (sum(accepted) over by_accepted)::bigint, 0) as accepted,
  shown(delivered, (sum(delivered) over by_delivered)::bigint, 0) as delivered,
  shown(failed, (sum(failed) over by_failed)::bigint, 0) as failed,
  shown(returned, (sum(returned) over by_returned)::bigint, 0) as returned,
  shown(recalled, (sum(recalled) over by_recalled)::bigint, 0) as recalled,
  pieces_delivered,
  few_assigned, few_accepted, few_delivered, few_failed, few_returned, few_recalled,
  next_assigned, next_accepted, next_delivered, next_failed, next_returned, next_recalled
from city_day
window by_assigned as (partition by tenant order by assigned, local_date rows between unbounded preceding and 1 preceding),
  by_accepted as (partition by tenant order by accepted, local_date rows between unbounded preceding and 1 preceding),
  by_delivered as (partition by tenant order by delivered, local_date rows between unbounded preceding and 1 preceding),
  by_failed as (partition by tenant order by failed, local_date rows between unbounded preceding and 1 preceding),
  by_returned as (partition by tenant order by returned, local_date rows between unbounded preceding and 1 preceding),
  by_recalled as (partition by tenant order by recalled, local_date rows between unbounded preceding and 1 preceding);
comment on view city_day_shown is 'city_day as it may be shown beside the sum of all days';
create view region_day_shown as
select r.tenant, t.kelurahan, local_date,
  shown(t.assigned, case when placed(t.assigned, t.kelurahan) = next_assigned then few_assigned else 5 end, c.assigned) as assigned,
  shown(t.accepted, case when placed(t.accepted, t.kelurahan) = next_accepted then few_accepted else 5 end, c.accepted) as accepted,
  shown(t.delivered, case when placed(t.delivered, t.kelurahan) = next_delivered then few_delivered else 5 end, c.delivered) as delivered,
  shown(t.failed, case when placed(t.failed, t.kelurahan) = next_failed then few_failed else 5 end, c.failed) as failed,
  shown(t.returned, case when placed(t.returned, t.kelurahan) = next_returned then few_returned else 5 end, c.returned) as returned,
  shown(t.recalled, case when placed(t.recalled, t.kelurahan) = next_recalled then few_recalled else 5 end, c.recalled) as recalled,
  t.assigned as all_assigned, t.accepted as all_accepted, t.delivered as all_delivered, t.failed as all_failed,
  t.returned as all_returned, t.recalled as all_recalled, t.pieces_delivered
from tally_region_day t join dim_region r on r.region_code = t.kelurahan join city_day_shown c using (tenant, local_date);
comment on view region_day_shown is 'tally_region_day as it may be shown beside the whole city''s day, city_day_shown, and with all_… as it is';
create view household_now as
select kelurahan, households, covered, households >= 5 as is_shown,
  covered not between 1 and 4 and households - covered not between 1 and 4 as is_coverage_shown
from (select kelurahan, count(*) as households, count(*) filter (where exists (select from fct_task k
    where k.household_id = w.household_id and k.status = 'delivered')) as covered
  from fct_household w where not is_released and isolation_until > now() group by kelurahan) counted;
comment on view household_now is 'Households of a kelurahan in isolation now, and how many of them had a packet';

create or replace view dim_unit as
select u.unit_code, u.tenant, u.kind, u.name, u.parent_code, h.asn_count,
  u.retired_from is null or u.retired_from > t.local_date as is_active, u.retired_from
from ref_units u
join (select tenant, (now() at time zone time_zone)::date as local_date from ref_cities) t using (tenant)
join dim_unit_headcount h on h.unit_code = u.unit_code and h.valid_from <= t.local_date and t.local_date < h.valid_to;
-- migrate:down
-- the published views go with it; `peduli migrate` makes them anew
-- squawk-ignore ban-drop-view
drop view city_day, household_now cascade;
-- squawk-ignore ban-drop-function
drop function placed, weight, shown;
-- squawk-ignore ban-drop-view
drop view dim_unit cascade;
create view dim_unit as
select u.unit_code, u.tenant, u.kind, u.name, u.parent_code, h.asn_count,
  u.retired_from is null or u.retired_from > t.local_date as is_active
from ref_units u
join (select tenant, (now() at time zone time_zone)::date as local_date from ref_cities) t using (tenant)
join dim_unit_headcount h on h.unit_code = u.unit_code and h.valid_from <= t.local_date and t.local_date < h.valid_to;
comment on view dim_unit is 'Units with the headcount of today';
