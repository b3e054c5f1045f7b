-- migrate:up
create function hour_edges() returns double precision[] immutable language sql return
  array(select n / 4.0::float8 from generate_series(1, 24) as n) || array(select n::float8 from generate_series(7, 48) as n)
  || array(select 3.0::float8 * n from generate_series(17, 56) as n) || array(select 24.0::float8 * n from generate_series(8, 30) as n)
  || 'infinity'::float8;
comment on function hour_edges is 'Upper edges of the buckets of hours: a quarter of an hour wide up to 6 hours, an hour up to 2 days, 3 hours up to a week, a day up to 30 days, and all above';
create function histogram(buckets integer[]) returns integer[] immutable language sql return
  array(select coalesce(width_bucket(edge - 1, buckets), 0) from generate_series(1, cardinality(hour_edges())) as edge);
comment on function histogram is 'How many of these sorted buckets are below each edge: so many packets took less than its hours';
create function added(one integer[], other integer[], sign integer) returns integer[] immutable language sql return
  array(select x + sign * y from unnest(one, other) as pair (x, y));
comment on function added is 'Two histograms in one; sign -1 takes the other away';
create function hours_of(place integer, below integer, counts integer[]) returns double precision immutable language sql return
  coalesce((hour_edges())[below], 0) + (least((hour_edges())[below + 1], 720) - coalesce((hour_edges())[below], 0))
    * (place - 0.5 - coalesce(counts[below], 0)) / (counts[below + 1] - coalesce(counts[below], 0));
comment on function hours_of is 'Hours of the packet in that place of a histogram, where `below` edges are lower than it: packets lie evenly in their bucket';
create function hours_at(counts integer[], share double precision) returns double precision immutable language sql return
  hours_of(greatest(1, ceil(share * counts[cardinality(counts)]))::integer,
    width_bucket(greatest(0, ceil(share * counts[cardinality(counts)]) - 1)::integer, counts), counts);
comment on function hours_at is 'Hours that this share of a histogram did not exceed; null when it is empty';

create view delivery_now as
select k.task_id, k.tenant, k.kelurahan, k.household_id, (k.delivered_at at time zone c.time_zone)::date as local_date,
  not exists (select from fct_task e where e.household_id = k.household_id and e.status = 'delivered'
    and (e.delivered_at, e.task_id) < (k.delivered_at, k.task_id)
    and (e.delivered_at at time zone c.time_zone)::date = (k.delivered_at at time zone c.time_zone)::date) as is_first,
  coalesce(k.delivered_at <= least(h.isolation_until, h.released_at), false) as is_in_time,
  width_bucket((extract(epoch from k.assigned_at - bought.first_at) / 3600)::float8, hour_edges()) as to_assign,
  width_bucket((extract(epoch from k.delivered_at - k.assigned_at) / 3600)::float8, hour_edges()) as to_deliver,
  width_bucket((extract(epoch from k.delivered_at - bought.first_at) / 3600)::float8, hour_edges()) as in_all
from fct_task k join ref_cities c using (tenant)
left join fct_household h on h.household_id = k.household_id
left join lateral (select min(p.purchased_at) as first_at from fct_task_line l
  join fct_purchase p using (purchase_id) where l.task_id = k.task_id) bought on true
where k.status = 'delivered';
comment on view delivery_now is 'Every packet at a door as the facts tell it now';

create table fct_delivery (
  task_id uuid primary key, tenant text not null, kelurahan text not null, household_id uuid not null,
  local_date date not null, is_first boolean not null, is_in_time boolean not null, to_assign integer, to_deliver integer,
  in_all integer
);
comment on table fct_delivery is 'Every packet at a door as tally_hours_day counts it: what must go again when the facts change';
comment on column fct_delivery.is_first is 'The first packet of its household on that day: these count households';
comment on column fct_delivery.is_in_time is 'At the door before the isolation ended';
comment on column fct_delivery.to_assign is 'Bucket of the hours from the earliest purchase to the first assignment: how many of hour_edges() they reach';
comment on column fct_delivery.to_deliver is 'Bucket of the hours from the first assignment to the door';
comment on column fct_delivery.in_all is 'Bucket of the hours from the earliest purchase to the door';
insert into fct_delivery select * from delivery_now;

create view hours_counted as
select tenant, place.kelurahan, local_date, count(*)::integer as delivered, (count(*) filter (where is_first))::integer as households,
  (count(*) filter (where is_in_time))::integer as in_time,
  histogram(array_agg(to_assign order by to_assign) filter (where to_assign is not null)) as to_assign,
  histogram(array_agg(to_deliver order by to_deliver) filter (where to_deliver is not null)) as to_deliver,
  histogram(array_agg(in_all order by in_all) filter (where in_all is not null)) as in_all
from fct_delivery d cross join lateral (values (d.kelurahan), ('')) as place (kelurahan)
group by tenant, place.kelurahan, local_date;
comment on view hours_counted is 'tally_hours_day as fct_delivery sums to it';

create table tally_hours_day (
  tenant text not null, kelurahan text not null, local_date date not null, delivered integer not null,
  households integer not null, in_time integer not null, to_assign integer[] not null, to_deliver integer[] not null,
  in_all integer[] not null, primary key (tenant, kelurahan, local_date)
);
comment on table tally_hours_day is 'How long packets took that came to a kelurahan on a day of its city''s zone; kelurahan is empty for the whole city';
comment on column tally_hours_day.households is 'Households with a packet on that day';
comment on column tally_hours_day.to_assign is 'Packets that took fewer hours from purchase to assignment than each of hour_edges()';
comment on column tally_hours_day.to_deliver is 'Packets that took fewer hours from assignment to door than each of hour_edges()';
comment on column tally_hours_day.in_all is 'Packets that took fewer hours from purchase to door than each of hour_edges()';
insert into tally_hours_day select * from hours_counted;
-- squawk-ignore require-concurrent-index-deletion
drop index fct_task_by_delivery;
-- migrate:down
-- squawk-ignore ban-drop-table
drop table tally_hours_day, fct_delivery cascade;
-- squawk-ignore ban-drop-view
drop view delivery_now;
-- squawk-ignore require-concurrent-index-creation
create index fct_task_by_delivery on fct_task (kelurahan, delivered_at) where delivered_at is not null;
-- the published views go with it; `peduli migrate` makes them anew
-- squawk-ignore ban-drop-function
drop function hours_at cascade;
-- squawk-ignore ban-drop-function
drop function hours_of, added, histogram, hour_edges;
