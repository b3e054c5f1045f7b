-- migrate:up
create function fewest() returns integer immutable language sql return 5;
comment on function fewest is 'Households that a number may be about at least, as FEWEST of shared/contracts/recipients.py';
create or replace function shown(count bigint, smaller bigint, whole bigint) returns bigint immutable language sql return
  case when count = 0 or count >= fewest() and not coalesce(smaller > 0 and smaller < fewest(), false)
    and (smaller > 0 or whole is not null) then count end;
create or replace function weight(count bigint, hidden bigint, told bigint) returns bigint immutable language sql return
  case when hidden > 0 and (hidden = 1 or count - coalesce(told, 0) < fewest()) then 1 else count end;
create function is_told(hidden bigint, weight bigint, lighter numeric) returns boolean immutable language sql return
  hidden = 0 or coalesce(shown(weight, lighter::bigint, 0), 0) > 0;
comment on function is_told is 'True when a sum of days gives none away: no day is hidden, or others that are hidden weigh enough. `lighter` are all sums with hidden days that weigh less, together';
create function cell_shown(count integer, place bigint, taken bigint) returns integer immutable language sql return
  case when count = 0 or count >= fewest() and (count::bigint << 32 | place) is distinct from taken then count end;
comment on function cell_shown is 'A kelurahan''s count of a day that is no secret, or null; `taken` is the one that is hidden with the few of its day';

-- `offset 0` keeps the hash: reckoned once for a kelurahan, not for each of its days and counts
create view region_place as
select tenant, region_code as kelurahan, hashtext(region_code)::bigint & 4294967295 as place from dim_region offset 0;
comment on view region_place is 'Each region of a city with a number that orders those with the same count';
create or replace view city_day as
select r.tenant, t.local_date, sum(assigned) as assigned, sum(accepted) as accepted, sum(delivered) as delivered,
  sum(failed) as failed, sum(returned) as returned, sum(recalled) as recalled,
  sum(pieces_delivered)::bigint as pieces_delivered,
  coalesce(sum(assigned) filter (where assigned < fewest()), 0) as few_assigned,
  coalesce(sum(accepted) filter (where accepted < fewest()), 0) as few_accepted,
  coalesce(sum(delivered) filter (where delivered < fewest()), 0) as few_delivered,
  coalesce(sum(failed) filter (where failed < fewest()), 0) as few_failed,
  coalesce(sum(returned) filter (where returned < fewest()), 0) as few_returned,
  coalesce(sum(recalled) filter (where recalled < fewest()), 0) as few_recalled,
  min(assigned::bigint << 32 | place) filter (where assigned >= fewest()) as next_assigned,
  min(accepted::bigint << 32 | place) filter (where accepted >= fewest()) as next_accepted,
  min(delivered::bigint << 32 | place) filter (where delivered >= fewest()) as next_delivered,
  min(failed::bigint << 32 | place) filter (where failed >= fewest()) as next_failed,
  min(returned::bigint << 32 | place) filter (where returned >= fewest()) as next_returned,
  min(recalled::bigint << 32 | place) filter (where recalled >= fewest()) as next_recalled
from tally_region_day t join region_place r using (kelurahan) group by 1, 2;
create view city_step as
select tenant, local_date, step, shown, case when shown(next >> 32, few, shown) is null then next end as taken, pieces
from (
  select tenant, local_date, step, few::bigint, next, pieces,
    shown(count::bigint, (sum(count) over (partition by tenant, step order by count, local_date
      rows between unbounded preceding and 1 preceding))::bigint, 0) as shown
  from city_day cross join lateral (values
    ('assigned', assigned, few_assigned, next_assigned, null), ('accepted', accepted, few_accepted, next_accepted, null),
    ('delivered', delivered, few_delivered, next_delivered, pieces_delivered),
    ('failed', failed, few_failed, next_failed, null), ('returned', returned, few_returned, next_returned, null),
    ('recalled', recalled, few_recalled, next_recalled, null)) as told (step, count, few, next, pieces)) steps;
comment on view city_step is 'What happened to packets on a day: a step''s count in the city as it may be shown beside the sum of all days, and `taken`: what is hidden with the few of the day, a kelurahan''s count and under it its place';
create view city_told as
select tenant, local_date, max(shown) filter (where step = 'assigned') as assigned,
  max(shown) filter (where step = 'accepted') as accepted, max(shown) filter (where step = 'delivered') as delivered,
  max(shown) filter (where step = 'failed') as failed, max(shown) filter (where step = 'returned') as returned,
  max(shown) filter (where step = 'recalled') as recalled, max(taken) filter (where step = 'assigned') as taken_assigned,
  max(taken) filter (where step = 'accepted') as taken_accepted, max(taken) filter (where step = 'delivered') as taken_delivered,
  max(taken) filter (where step = 'failed') as taken_failed, max(taken) filter (where step = 'returned') as taken_returned,
  max(taken) filter (where step = 'recalled') as taken_recalled, max(pieces) filter (where shown is not null) as pieces_delivered
from city_step group by 1, 2;
comment on view city_told is 'city_step with a row for a day';
create view region_told as
select r.tenant, t.kelurahan, local_date, cell_shown(t.assigned, r.place, taken_assigned) as assigned,
  cell_shown(t.accepted, r.place, taken_accepted) as accepted, cell_shown(t.delivered, r.place, taken_delivered) as delivered,
  cell_shown(t.failed, r.place, taken_failed) as failed, cell_shown(t.returned, r.place, taken_returned) as returned,
  cell_shown(t.recalled, r.place, taken_recalled) as recalled, t.assigned as all_assigned, t.accepted as all_accepted,
  t.delivered as all_delivered, t.failed as all_failed, t.returned as all_returned, t.recalled as all_recalled,
  t.pieces_delivered
from tally_region_day t join region_place r using (kelurahan) join city_told c using (tenant, local_date);
comment on view region_told is 'tally_region_day as it may be shown beside the whole city''s day, city_told, and with all_… as it is';
create or replace view household_now as
select kelurahan, households, covered, households >= fewest() as is_shown,
  covered not between 1 and fewest() - 1 and households - covered not between 1 and fewest() - 1 as is_coverage_shown
from (select kelurahan, count(*) as households, count(*) filter (where exists (select from fct_task k
    where k.household_id = w.household_id and k.status = 'delivered')) as covered
  from fct_household w where not is_released and isolation_until > now() group by kelurahan) counted;

create function hours_read(delivered integer, in_time integer, to_assign integer[], to_deliver integer[], in_all integer[])
returns table (delivered bigint, hours_to_assign_p50 numeric, hours_to_assign_p90 numeric, hours_to_deliver_p50 numeric,
  hours_to_deliver_p90 numeric, hours_in_all_p50 numeric, hours_in_all_p90 numeric, in_time_percent numeric)
immutable language sql begin atomic
  select delivered::bigint, round(hours_at(to_assign, 0.5)::numeric, 2), round(hours_at(to_assign, 0.9)::numeric, 2),
    round(hours_at(to_deliver, 0.5)::numeric, 2), round(hours_at(to_deliver, 0.9)::numeric, 2),
    round(hours_at(in_all, 0.5)::numeric, 2), round(hours_at(in_all, 0.9)::numeric, 2),
    round(100.0 * in_time / delivered, 2);
end;
comment on function hours_read is 'What is published of a row of tally_hours_day';
-- migrate:down
create or replace function placed(count integer, code text) returns bigint immutable language sql return
  count::bigint << 32 | hashtext(code)::bigint & 4294967295;
comment on function placed is 'Orders the counts of a sum, also those that are alike';
create or replace view city_day as
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
create or replace view city_day_shown as
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
create or replace view region_day_shown as
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
create or replace view household_now as
select kelurahan, households, covered, households >= 5 as is_shown,
  covered not between 1 and 4 and households - covered not between 1 and 4 as is_coverage_shown
from (select kelurahan, count(*) as households, count(*) filter (where exists (select from fct_task k
    where k.household_id = w.household_id and k.status = 'delivered')) as covered
  from fct_household w where not is_released and isolation_until > now() group by kelurahan) counted;
comment on view household_now is 'Households of a kelurahan in isolation now, and how many of them had a packet';
create or replace function shown(count bigint, smaller bigint, whole bigint) returns bigint immutable language sql return
  case when count = 0 or count >= 5 and coalesce(smaller, 0) not between 1 and 4 and (smaller > 0 or whole is not null)
    then count end;
create or replace function weight(count bigint, hidden bigint, told bigint) returns bigint immutable language sql return
  case when hidden > 0 and (hidden = 1 or count - coalesce(told, 0) < 5) then 1 else count end;
-- the published views go with it; `peduli migrate` makes them anew
-- squawk-ignore ban-drop-view
drop view city_step, region_told, region_place cascade;
-- squawk-ignore ban-drop-function
drop function hours_read, cell_shown, is_told, fewest cascade;
