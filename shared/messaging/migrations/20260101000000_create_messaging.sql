-- migrate:up
create table event_log (
  seq bigint generated always as identity primary key,
  event_id uuid not null unique,
  aggregate text not null,
  version integer not null,
  type text not null,
  routing_key text not null,
  headers jsonb not null,
  body bytea not null constraint event_log_body_at_most_64_kib check (octet_length(body) <= 65536),
  recorded_at timestamptz not null default now(),
  constraint event_log_one_event_per_version unique (aggregate, version)
);
comment on table event_log is 'Every event this service decided, in order; append-only';

create table outbox (
  seq bigint primary key references event_log,
  aggregate text not null,
  quarantined_at timestamptz
) with (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0);
create index outbox_quarantined on outbox (aggregate) where quarantined_at is not null;
comment on table outbox is 'Events that the broker has not confirmed yet; a row goes when it has. quarantined_at: refused by itself, a person must look';

create table inbox (
  event text primary key,
  applied_at timestamptz not null default now()
);
comment on table inbox  is 'Identity (city|source|id) of every event whose effect is committed';

create index inbox_by_age on inbox (applied_at);

create table aggregate_versions (
  aggregate text primary key,
  version integer not null
);
comment on table aggregate_versions is 'Last version applied here of each aggregate of another service';

create table parked (
  parked_id uuid primary key,
  queue text not null,
  event text,
  aggregate text,
  version integer,
  reason text not null,
  routing_key text not null,
  headers jsonb not null,
  content_type text,
  body bytea not null,
  attempts integer not null default 0,
  parked_at timestamptz not null default now(),
  retry_at timestamptz,
  state text not null default 'parked' check (state in ('parked', 'applied', 'discarded')),
  settled_at timestamptz,
  note text
);
create unique index parked_once on parked (queue, event) where event is not null and state = 'parked';
create index parked_by_age on parked (settled_at) where settled_at is not null;
create index parked_due on parked (queue, retry_at) where state = 'parked';
create index parked_waiting on parked (aggregate) where state = 'parked';
comment on column parked.routing_key is 'The key it came with: its first word is the city';
comment on column parked.body is 'The message body, sealed: it may hold personal data';
comment on table parked is 'Messages that could not be applied; a person can see, retry or discard each';

create table deliveries (
  queue text not null,
  event text not null,
  attempts integer not null default 1,
  alone integer not null default 0,
  primary key (queue, event)
);
comment on table deliveries is 'Redelivered messages: how often they came, and how often they were alone in hand when the process ended';
comment on column event_log.routing_key is '<city>.<aggregate>.<past participle>.v<major>, tasks with kecamatan and kelurahan behind it';
comment on column event_log.headers is 'The ce-* headers of the message';
comment on column event_log.body is 'The data of the event as published, JSON; no personal data';
comment on column parked.reason is 'Code or name of the error; docs/promises.md tells what to do';
comment on column parked.headers is 'The headers as they came';
comment on column parked.settled_at is 'When it was applied or discarded; 90 days later it goes';
comment on column parked.state is 'parked, applied or discarded';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table deliveries, parked, aggregate_versions, inbox, outbox, event_log;
