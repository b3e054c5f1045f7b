-- migrate:up
alter table rounds add column timed_at timestamptz;
comment on column rounds.timed_at is 'When the plan was made by itself on Friday; null: a person was first, or its hour has not come';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table rounds drop column timed_at;
