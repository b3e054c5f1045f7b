-- migrate:up
comment on table coordinator_acts is
  'What coordinators decided, and why: append-only, but a reason goes with the data of the household that it was about';

-- migrate:down
comment on table coordinator_acts is 'What coordinators decided, and why: append-only';
