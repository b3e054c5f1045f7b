-- migrate:up
alter table tally_source_day add column rejected integer not null default 0;
comment on column tally_source_day.rejected is 'Submissions refused that day';
create table tally_reason_day (
  tenant text not null, source text not null, local_date date not null, code text not null, submissions integer not null,
  primary key (tenant, source, local_date, code)
);
comment on table tally_reason_day is 'Submissions of a source refused on a day of its city''s zone, by reason; one may have several';
comment on column tally_reason_day.code is 'As in docs/reference/reasons.md';
create view refusal_now as
select r.tenant, r.source, (r.rejected_at at time zone c.time_zone)::date as local_date, r.submission_id, r.codes
from fct_rejection r join ref_cities c using (tenant);
comment on view refusal_now is 'Refused submissions with their day in the city''s zone';
insert into tally_reason_day
select tenant, source, local_date, code, count(distinct submission_id) from refusal_now, unnest(codes) as code group by 1, 2, 3, 4;
insert into tally_source_day as t select tenant, source, local_date, 0, 0, count(*) from refusal_now group by 1, 2, 3
on conflict (tenant, source, local_date) do update set rejected = excluded.rejected;
-- migrate:down
-- squawk-ignore ban-drop-view
drop view refusal_now;
-- squawk-ignore ban-drop-table
drop table tally_reason_day cascade;
-- the published views go with it; `peduli migrate` makes them anew
-- squawk-ignore ban-drop-column
alter table tally_source_day drop column rejected cascade;
