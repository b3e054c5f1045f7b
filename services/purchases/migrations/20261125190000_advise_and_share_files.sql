-- migrate:up
alter table file_receipts add column hints jsonb not null default '[]';
comment on column file_receipts.hints is 'What could be better about its posts: row, column, code, text; refuses nothing';
alter table files add column claimed_at timestamptz not null default '-infinity';
comment on column files.claimed_at is 'When a process last took it up: the source that was served longest ago is next';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table files drop column claimed_at;
-- squawk-ignore ban-drop-column
alter table file_receipts drop column hints;
