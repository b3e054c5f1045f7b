-- migrate:up
create table seals (
  block integer primary key,
  last_seq bigint not null,
  digest bytea not null,
  marks bytea not null,
  sealed_at timestamptz not null default now()
);
comment on table seals is 'Blocks of event_log, each with a digest that follows from the one before: a row that was altered since is found';
comment on column seals.block is 'From 1 on; it begins behind the last_seq of the block before';
comment on column seals.digest is 'SHA-256 of the digest before, and of the SHA-256 of each event in their order';
comment on column seals.marks is 'Of each event its seq (8 bytes) and the first 4 bytes of its SHA-256: they name the one that is not as it was';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table seals;
