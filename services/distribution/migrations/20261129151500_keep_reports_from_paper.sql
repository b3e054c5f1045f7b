-- migrate:up
alter table field_reports
  add column typed_by text not null default '',
  add column happened_at timestamptz;
comment on column field_reports.typed_by is 'The coordinator, a role, who typed it in from paper; empty when it came from a phone or a program';
comment on column field_reports.happened_at is 'When it happened, as it stood on the paper; null: it was told at once';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table field_reports drop column happened_at, drop column typed_by;
