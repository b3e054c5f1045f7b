-- migrate:up
alter table ref_cities add column teams_per_slot integer not null default 4;
comment on column ref_cities.teams_per_slot is 'How many field teams fetch packets at a lumbung in the same quarter of an hour';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table ref_cities drop column teams_per_slot;
