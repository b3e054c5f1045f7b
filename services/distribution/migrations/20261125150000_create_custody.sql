-- migrate:up
alter table tasks
  add column custody text not null default 'lumbung',
  add column holder text not null default '',
  add column lapses integer not null default 0,
  add column barred text[] not null default '{}',
  add column level text not null default 'kelurahan',
  add column code_tries integer not null default 0;
comment on column tasks.custody is 'In whose hands the packet is: lumbung, team, rt, rw or door';
comment on column tasks.holder is 'The team that answers for the packet there; empty while it lies in the lumbung';
comment on column tasks.lapses is 'Leases that ended without a report';
comment on column tasks.barred is 'Teams that let leases end: it is another team''s turn';
comment on column tasks.level is 'Who is asked to bring it: kelurahan or kecamatan';
comment on column tasks.code_tries is 'Wrong codes since the task was accepted';
update tasks set custody = case status when 'delivered' then 'door' else 'team' end, holder = team where goods in ('in_transit', 'delivered');

alter table field_reports
  add column version integer,
  add column detail text not null default '',
  add column is_conflict boolean not null default false;
comment on column field_reports.version is 'The task''s version as the reporter last saw it, where it told';
comment on column field_reports.detail is 'Reason of a failure, kind of a proof, or whom it was handed to';
comment on column field_reports.is_conflict is 'Refused, and it says something else of the door than what stands: a coordinator looks at it';
-- squawk-ignore require-concurrent-index-creation
create index field_reports_conflicts on field_reports (tenant, received_at) where is_conflict;

create table hand_overs (
  task_id uuid not null references tasks,
  version integer not null,
  from_custody text not null,
  from_holder text not null,
  to_custody text not null,
  to_holder text not null,
  at timestamptz not null,
  primary key (task_id, version)
);
comment on table hand_overs is 'Each time a packet came into other hands: append-only, by the version of its task';

create table photos (
  task_id uuid not null references tasks,
  digest text not null,
  team text not null,
  size integer not null constraint photos_are_small check (size between 1 and 200000),
  sealed bytea not null default '',
  received integer not null default 0 constraint photos_grow_to_their_size check (received between 0 and size),
  is_whole boolean not null default false,
  changed_at timestamptz not null,
  primary key (task_id, team, digest)
);
create index photos_by_age on photos (changed_at);
comment on table photos is 'Photos of packets at doors, as far as they have come; gone after 30 days';
comment on column photos.digest is 'SHA-256 of the photo, which its report names as proof';
comment on column photos.sealed is 'What has come so far, AES-256-GCM, bound to task, team and digest';
comment on column photos.received is 'Bytes that have come: an upload goes on there';

create table teams (
  tenant text not null,
  team text not null,
  place text not null,
  capacity integer not null constraint teams_carry_something check (capacity > 0),
  primary key (tenant, team)
);
comment on table teams is 'Teams that work with the field page; others speak by queue and API';
comment on column teams.place is 'Code of the kelurahan whose doors they see, or of the kecamatan: then what was escalated to it';
comment on column teams.capacity is 'Packets in hand at once';

create table household_pages (
  household_id uuid primary key references households,
  tenant text not null,
  code_hash bytea not null unique
);
comment on table household_pages is 'The unguessable code of a household''s page, known to the household alone';
comment on column household_pages.code_hash is 'SHA-256 of the code; the code itself is shown once';

create table household_answers (
  answer_id uuid primary key,
  tenant text not null,
  household_id uuid not null references households,
  task_id uuid not null unique references tasks,
  kind text not null,
  missing text[] not null,
  case_number text not null,
  answer_by date,
  answered_at timestamptz not null
);
create index household_answers_open on household_answers (tenant, answer_by) where kind <> 'received';
comment on table household_answers is 'What a household says of a packet, once; all but received is a case that is answered';
comment on column household_answers.kind is 'received, not_arrived or incomplete';
comment on column household_answers.missing is 'Skus that the household says are missing or damaged';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table household_answers, household_pages, teams, photos, hand_overs;
-- squawk-ignore ban-drop-column
alter table field_reports drop column is_conflict, drop column detail, drop column version;
-- squawk-ignore ban-drop-column
alter table tasks drop column code_tries, drop column level, drop column barred, drop column lapses, drop column holder, drop column custody;
