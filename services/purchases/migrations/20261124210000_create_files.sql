-- migrate:up
create table files (
  file_id uuid primary key,
  tenant text not null,
  source text not null,
  sources text[] not null,
  units text[] not null,
  name_sealed bytea not null,
  content_sealed bytea not null,
  status text not null default 'received' constraint files_status_known
    check (status in ('received', 'read', 'previewed', 'accepting', 'accepted', 'unusable')),
  fault text not null default '',
  fault_row integer,
  ignored text[] not null default '{}',
  leased_until timestamptz not null default '-infinity',
  uploaded_at timestamptz not null,
  changed_at timestamptz not null default now()
);
create index files_in_work on files (uploaded_at) where status in ('received', 'read', 'accepting');
comment on table files is 'Sheets of purchases that were uploaded; everything of them goes after 30 days';
comment on column files.sources is 'Sources that its sender might tell of when it was uploaded, as in principals';
comment on column files.units is 'Units that its sender might tell of when it was uploaded, as in principals';
comment on column files.name_sealed is 'The file''s name, sealed and bound to file_id: it may name a person';
comment on column files.content_sealed is 'The file''s bytes, sealed and bound to file_id';
comment on column files.status is 'received, read (rows are known), previewed, accepting, accepted; or unusable: fault says why';
comment on column files.ignored is 'Headings that are none of ours';
comment on column files.leased_until is 'Until then one process works on it; it says so again with each part that it has done';

create table file_receipts (
  file_id uuid not null references files on delete cascade,
  number integer not null,
  row_count integer not null,
  sealed bytea not null,
  outcome text not null default '',
  told_by text not null default '',
  wrong jsonb not null default '[]',
  result text not null default '',
  purchase_id uuid,
  primary key (file_id, number)
);
comment on table file_receipts is 'What a file tells, one receipt a row, in the order of the sheet';
comment on column file_receipts.sealed is 'Cells, and what they mean, as JSON, sealed and bound to file_id and number: they name persons';
comment on column file_receipts.outcome is 'What the preview says would happen; empty while it is not judged';
comment on column file_receipts.wrong is 'What is wrong: row, column, code, text; never a value';
comment on column file_receipts.result is 'What happened when the file was accepted; empty before';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table file_receipts, files;
