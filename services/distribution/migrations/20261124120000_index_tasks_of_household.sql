-- migrate:up
create index tasks_by_household on tasks (household_id);
comment on index tasks_by_household is 'All packets of a household, also the closed ones (peduli trace)';
-- migrate:down
drop index tasks_by_household;
