-- migrate:up
create view dim_unit_headcount as
select unit_code, asn_count,
  case when lag(valid_from) over by_day is null then '-infinity' else valid_from end as valid_from,
  coalesce(lead(valid_from) over by_day, 'infinity') as valid_to
from ref_unit_headcounts window by_day as (partition by unit_code order by valid_from);
comment on view dim_unit_headcount is 'ASN of a unit by day (SCD2): from valid_from until before valid_to, without gaps';
create or replace view dim_unit as
select u.unit_code, u.tenant, u.kind, u.name, u.parent_code, h.asn_count,
  u.retired_from is null or u.retired_from > t.local_date as is_active
from ref_units u
join (select tenant, (now() at time zone time_zone)::date as local_date from ref_cities) t using (tenant)
join dim_unit_headcount h on h.unit_code = u.unit_code and h.valid_from <= t.local_date and t.local_date < h.valid_to;
comment on view dim_unit is 'Units with the headcount of today';

create table unit_day_buyers (
  unit_code text not null, local_date date not null, programme text not null, buyer_key text not null,
  purchases integer not null, primary key (unit_code, local_date, programme, buyer_key)
);
comment on table unit_day_buyers is 'How many purchases each buyer_key has in a unit on a day: participation by day and by round';
comment on column unit_day_buyers.buyer_key is 'Keyed hash of the buyer''s NIP; nobody outside the purchases service can turn it back';
insert into unit_day_buyers
select unit_code, local_date, programme, buyer_key, count(*)
from fct_purchase, unnest(buyer_keys) as buyer_key where not is_voided group by 1, 2, 3, 4;
-- migrate:down
-- squawk-ignore ban-drop-table
drop table unit_day_buyers;
-- the published views go with it; `peduli migrate` makes them anew
-- squawk-ignore ban-drop-view
drop view dim_unit cascade;
-- squawk-ignore ban-drop-view
drop view dim_unit_headcount;
create view dim_unit as select unit_code, tenant, kind, name, parent_code, asn_count from ref_units;
