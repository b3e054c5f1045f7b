-- migrate:up
-- How often a message was alone follows from its attempts. A process of the version before, while it still runs, waits
-- with what came again until it is replaced.
-- squawk-ignore ban-drop-column
alter table deliveries drop column alone;
comment on table deliveries is 'Redelivered messages, and how often each was in hand when a process ended';
-- migrate:down
alter table deliveries add column alone integer not null default 0;
comment on table deliveries is 'Redelivered messages: how often they came, and how often they were alone in hand when the process ended';
