-- migrate:up
alter table field_reports add column note text not null default '';
comment on column field_reports.note is 'What a volunteer adds to a failure, 80 characters at most; for coordinators, empty once the household is erased';

create table moral_notes (
  note_id uuid primary key,
  tenant text not null,
  text text not null constraint moral_notes_are_short check (length(text) between 3 and 160),
  told_at timestamptz not null,
  decided_by text not null default '',
  decided_at timestamptz,
  is_shown boolean not null default false,
  constraint moral_notes_shown_by_somebody check (not is_shown or decided_by <> '')
);
create index moral_notes_waiting on moral_notes (tenant, told_at) where decided_at is null;
create index moral_notes_shown on moral_notes (tenant) where is_shown;
comment on table moral_notes is 'Words for households from who bought their goods; of the writer nothing is kept';
comment on column moral_notes.decided_by is 'The coordinator who read it before anybody else';

create table pickups (
  tenant text not null,
  kelurahan text not null,
  day date not null,
  team text not null,
  slot_at timestamptz not null,
  turn integer not null,
  primary key (tenant, kelurahan, day, team),
  constraint pickups_one_team_a_turn unique (tenant, kelurahan, slot_at, turn),
  constraint pickups_few_at_once check (turn between 1 and 4)
);
comment on table pickups is 'When a team fetches its packets at a lumbung, so that nobody gathers there: 4 teams in 15 minutes at most';
comment on column pickups.turn is '1 to 4: the database itself lets no fifth team come';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table pickups, moral_notes;
-- squawk-ignore ban-drop-column
alter table field_reports drop column note;
