-- migrate:up
create index purchases_by_reference on purchases (reference);
create index submissions_refused_by_reference on submissions (reference) where outcome in ('rejected', 'waiting');
comment on index purchases_by_reference is 'A receipt is asked for by its number alone (peduli trace)';
-- migrate:down
drop index submissions_refused_by_reference;
drop index purchases_by_reference;
