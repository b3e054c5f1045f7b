-- migrate:up
-- every group of purchases asks what waits for it, and nearly always nothing does: an index that is nearly empty says so
-- squawk-ignore require-concurrent-index-creation
create index submissions_waiting on submissions (purchase_id) where outcome = 'waiting';

-- migrate:down
-- squawk-ignore require-concurrent-index-deletion
drop index submissions_waiting;
