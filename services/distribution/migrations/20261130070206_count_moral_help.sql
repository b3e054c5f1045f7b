-- migrate:up
create table protocol_counts (
  tenant text not null,
  place text not null,
  day date not null,
  period text not null,
  version integer not null,
  acknowledged integer not null,
  primary key (tenant, place, day, period, version)
);
comment on table protocol_counts is 'How often the protocol was acknowledged on field pages: nothing is kept of who did';
comment on column protocol_counts.place is 'The kelurahan or kecamatan of the team';
comment on column protocol_counts.day is 'Day of the city''s zone';
comment on column protocol_counts.period is 'The PPKM period whose text stood there (ref_ppkm_periods); empty where none was in force';
comment on column protocol_counts.version is 'The version of that text; 0 where none was in force';

create table household_calls (
  household_id uuid not null references households,
  day date not null,
  primary key (household_id, day)
);
comment on table household_calls is 'Days on which somebody of the RT or kelurahan telephoned a household; told as a count only';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table household_calls, protocol_counts;
