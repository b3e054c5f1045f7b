-- migrate:up
create table principals (
  tenant text not null,
  name text not null constraint principals_name_form check (name ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
  role text not null constraint principals_role_known check (role in ('publisher', 'puskesmas', 'team', 'reader')),
  sources text[] not null constraint principals_speak_as_somebody check (cardinality(sources) > 0),
  units text[] not null constraint principals_tell_of_some_unit check (cardinality(units) > 0),
  token_hash bytea not null constraint principals_token_of_one unique,
  previous_token_hash bytea,
  previous_until timestamptz,
  generation integer not null default 1,
  requests_per_minute integer not null constraint principals_requests_some check (requests_per_minute > 0),
  purchases_per_minute integer not null constraint principals_purchases_some check (purchases_per_minute > 0),
  queue_length integer not null constraint principals_queue_length_not_below_0 check (queue_length >= 0),
  has_queue boolean not null default false,
  created_at timestamptz not null default now(),
  rotated_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant, name),
  constraint principals_previous_ends check ((previous_token_hash is null) = (previous_until is null))
);
comment on table principals is 'Who has a token for the doors of this service; written by `peduli publisher` alone';
comment on column principals.tenant is 'City code without dots: all that it does is done for this city';
comment on column principals.name is 'Its name, also the last word of its routing keys; never given twice in a city';
comment on column principals.role is 'publisher tells of purchases, puskesmas of households, team of tasks; reader reads';
comment on column principals.sources is 'Names under which it speaks: exact, or a beginning with * behind it';
comment on column principals.units is 'Unit codes that it tells of: exact, or a beginning with * behind it';
comment on column principals.token_hash is 'SHA-256 of its token, which nobody keeps';
comment on column principals.previous_token_hash is 'Of the token before the last rotation, which is good until previous_until';
comment on column principals.previous_until is 'End of the previous token and of the previous login at the broker (UTC)';
comment on column principals.generation is 'Number of its login at the broker; a rotation makes the next one';
comment on column principals.requests_per_minute is 'HTTP requests a minute, per process of this service';
comment on column principals.purchases_per_minute is 'Purchases and pledges a minute through every door, per process of this service';
comment on column principals.queue_length is 'Messages that its queue holds before the broker refuses more; 0: it has none';
comment on column principals.has_queue is 'Whether a lane of this service reads its queue';
comment on column principals.created_at is 'When it was added (UTC)';
comment on column principals.rotated_at is 'When its token was last changed (UTC)';
comment on column principals.revoked_at is 'When it lost all access (UTC); the row stays, because what it told stays';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table principals;
