-- migrate:up
-- What waits for its turn is found by it, and woken no more.
-- squawk-ignore require-concurrent-index-deletion
drop index parked_waiting;
-- migrate:down
-- squawk-ignore require-concurrent-index-creation
create index parked_waiting on parked (aggregate) where state = 'parked';
