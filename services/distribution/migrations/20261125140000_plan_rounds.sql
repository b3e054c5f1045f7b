-- migrate:up
alter table waiting add column promised_at timestamptz;
comment on column waiting.promised_at is 'When its packet may be counted on; null when nothing can be promised';
comment on column waiting.reason is 'ISOLATION_ENDED, NEED_MET, TEAM_FULL, NO_GOODS, NOTHING_SUITS or NOT_IN_TIME (domain/explain.py)';

create table pledges (
  pledge_id uuid primary key,
  tenant text not null,
  programme text not null,
  round date not null,
  unit_code text not null,
  version bigint not null,
  packets bigint not null constraint pledges_not_below_0 check (packets >= 0)
);
create index pledges_by_round on pledges (tenant, programme, round);
comment on table pledges is 'What units promised for a round, as purchases tells it';
comment on column pledges.round is 'The Monday of the round';

create table rounds (
  tenant text not null,
  programme text not null,
  round date not null,
  version bigint not null,
  planned_at timestamptz not null,
  primary key (tenant, programme, round)
);
comment on table rounds is 'Plans of a week: which unit carries how many packets to which kecamatan';
comment on column rounds.version is 'Grows with each plan that differs and each change by a person';

create table round_needs (
  tenant text not null,
  programme text not null,
  round date not null,
  kecamatan_code text not null,
  persons bigint not null constraint round_needs_not_below_0 check (persons >= 0),
  is_told boolean not null,
  primary key (tenant, programme, round, kecamatan_code),
  foreign key (tenant, programme, round) references rounds
);
comment on table round_needs is 'Persons in need of each kecamatan that the plan of a round reckons with';
comment on column round_needs.is_told is 'The kecamatan reported it; else it was counted from the households';

create table round_lines (
  tenant text not null,
  programme text not null,
  round date not null,
  unit_code text not null,
  kecamatan_code text not null,
  packets bigint not null constraint round_lines_not_below_0 check (packets >= 0),
  carry_before timestamptz not null,
  why text[] not null,
  primary key (tenant, programme, round, unit_code, kecamatan_code),
  foreign key (tenant, programme, round) references rounds
);
comment on table round_lines is 'The plan of a round: packets of a unit for a kecamatan';
comment on column round_lines.carry_before is 'The unit brings them to the kecamatan before this';
comment on column round_lines.why is 'Codes of the rule that decided (domain/rounds.py has their words)';

create table round_changes (
  change_id uuid primary key,
  tenant text not null,
  programme text not null,
  round date not null,
  version bigint not null,
  unit_code text not null,
  from_kecamatan text not null,
  to_kecamatan text not null,
  packets bigint not null constraint round_changes_move_something check (packets > 0),
  reason text not null,
  changed_by text not null,
  changed_at timestamptz not null,
  foreign key (tenant, programme, round) references rounds
);
create index round_changes_by_round on round_changes (tenant, programme, round, version);
comment on table round_changes is 'What a person changed in a plan, and why; a later plan keeps it';
comment on column round_changes.reason is 'In the words of who changed it';
comment on column round_changes.changed_by is 'The role or name that was signed in, as given';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table round_changes, round_lines, round_needs, rounds, pledges;
-- squawk-ignore ban-drop-column
alter table waiting drop column promised_at;
