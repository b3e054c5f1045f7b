-- migrate:up
create table coordinators (
  tenant text not null,
  coordinator text not null,
  place text not null,
  primary key (tenant, coordinator)
);
comment on table coordinators is 'Who coordinates the doors of a kelurahan or kecamatan on the coordinators'' page';
comment on column coordinators.coordinator is 'The name that he signs in with, and under which his decisions are kept: a role, such as koordinator-beji';

create table coordinator_acts (
  act_id uuid primary key,
  tenant text not null,
  coordinator text not null,
  kind text not null,
  task_id uuid references tasks,
  report_id uuid,
  team text not null default '',
  reason text not null constraint coordinator_acts_have_a_reason check (reason <> ''),
  at timestamptz not null,
  constraint coordinator_acts_kind_known check (kind in ('reassign', 'call_back', 'keep_standing', 'keep_report', 'pause', 'resume'))
);
create unique index coordinator_acts_decide_once on coordinator_acts (tenant, report_id) where report_id is not null;
create index coordinator_acts_by_task on coordinator_acts (task_id) where task_id is not null;
comment on table coordinator_acts is 'What coordinators decided, and why: append-only';
comment on column coordinator_acts.kind is 'reassign, call_back, keep_standing, keep_report (of two reports that differ), pause or resume (a team)';
comment on column coordinator_acts.report_id is 'The report that was decided on: once';
comment on column coordinator_acts.team is 'The team that gets the turn, is paused, or goes on';
comment on column coordinator_acts.reason is 'In the words of who decided';

alter table teams add column paused_at timestamptz;
comment on column teams.paused_at is 'Since when it takes no new doors; null while it works';

alter table tasks add column asked text not null default '';
comment on column tasks.asked is 'The team whose turn it is by a coordinator''s word, until the lease ends; empty: anybody''s';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table tasks drop column asked;
-- squawk-ignore ban-drop-column
alter table teams drop column paused_at;
-- squawk-ignore ban-drop-table
drop table coordinator_acts, coordinators;
