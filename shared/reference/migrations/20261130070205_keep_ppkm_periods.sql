-- migrate:up
create table ref_ppkm_periods (
  tenant text not null references ref_cities,
  period text not null,
  version integer not null,
  name text not null,
  starts_on date not null,
  ends_on date not null,
  text text not null,
  stays_in_city boolean not null,
  primary key (tenant, period, version),
  constraint ref_ppkm_periods_have_days check (ends_on >= starts_on)
);
comment on table ref_ppkm_periods is 'When a city was under PPKM, and what it told volunteers and households then; of a period the highest version holds';
comment on column ref_ppkm_periods.version is 'One more each time the city changes a period or its text: an acknowledgement is of one version';
comment on column ref_ppkm_periods.text is 'The rule in the city''s own words';
comment on column ref_ppkm_periods.stays_in_city is 'Nobody travels out of the city: field teams neither';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table ref_ppkm_periods;
