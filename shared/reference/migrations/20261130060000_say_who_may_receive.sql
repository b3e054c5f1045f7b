-- migrate:up
alter table ref_programmes
  add column has_isolation boolean not null default true,
  add column groups text[] not null default '{}',
  add column places text[] not null default '{}',
  add column helps_until date;
comment on column ref_programmes.has_isolation is 'Its households isolate; else the days of the programme are the time of their need where no other is told';
comment on column ref_programmes.groups is 'A household must have one of these groups (infant, elderly, …); empty: anybody';
comment on column ref_programmes.places is 'Codes of the kecamatan and kelurahan whose households it helps; empty: the whole city';
comment on column ref_programmes.helps_until is 'Last day of help, in the city''s zone; null: no end yet';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table ref_programmes drop column has_isolation, drop column groups, drop column places, drop column helps_until;
