-- migrate:up
create index inbox_by_age on inbox (applied_at);
alter table parked add column settled_at timestamptz;
create index parked_by_age on parked (settled_at) where settled_at is not null;
comment on column parked.settled_at is 'When it was applied or discarded; 90 days later it goes';
-- migrate:down
drop index parked_by_age;
alter table parked drop column settled_at;
drop index inbox_by_age;
