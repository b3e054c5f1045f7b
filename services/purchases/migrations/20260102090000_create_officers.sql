-- migrate:up
create table officer_pins (
  tenant text not null,
  unit_code text not null,
  salt bytea not null,
  pin_hash bytea not null,
  set_at timestamptz not null,
  primary key (tenant, unit_code)
);
comment on table officer_pins is 'The PIN of a unit''s reporting officer, hashed with scrypt';
comment on column officer_pins.tenant is 'City code without dots';
comment on column officer_pins.salt is '16 random bytes';
comment on column officer_pins.pin_hash is 'scrypt of the PIN with its salt';
comment on column officer_pins.unit_code is 'Unit kerja that the PIN opens';

create table officer_links (
  link_hash bytea primary key,
  tenant text not null,
  unit_code text not null,
  expires_at timestamptz not null
);
comment on table officer_links is 'One-time links for reporting officers, by their SHA-256; a link that was used is gone';
comment on column officer_links.tenant is 'City code without dots';
comment on column officer_links.link_hash is 'SHA-256 of the token in the link';
comment on column officer_links.unit_code is 'Unit kerja that the link opens';

create table officer_sessions (
  session_hash bytea primary key,
  tenant text not null,
  unit_code text not null,
  expires_at timestamptz not null
);
create index officer_sessions_by_unit on officer_sessions (tenant, unit_code);
comment on table officer_sessions is 'Who is signed in: the SHA-256 of the cookie, and for which unit';
comment on column officer_sessions.tenant is 'City code without dots';
comment on column officer_sessions.session_hash is 'SHA-256 of the token in the cookie';
comment on column officer_sessions.unit_code is 'Unit kerja that the session sees and tells for';

create table officer_tries (
  tenant text not null,
  unit_code text not null,
  address_key text not null,
  tried_at timestamptz not null
);
create index officer_tries_by_unit on officer_tries (tenant, unit_code, tried_at);
create index officer_tries_by_age on officer_tries (tried_at);
comment on table officer_tries is 'Tries of a PIN in the last hour; those before a right one are removed';
comment on column officer_tries.tenant is 'City code without dots';
comment on column officer_tries.unit_code is 'Unit kerja whose PIN was tried';
comment on column officer_tries.address_key is 'Keyed hash of the network address: equal for equal ones, meaningless without the key';

create table drafts (
  draft_id uuid primary key,
  tenant text not null,
  unit_code text not null,
  sealed bytea not null,
  changed_at timestamptz not null
);
create index drafts_by_unit on drafts (tenant, unit_code, changed_at);
create index drafts_by_age on drafts (changed_at);
comment on table drafts is 'Purchases that a reporting officer has begun to write and not sent; gone after 7 days';
comment on column drafts.tenant is 'City code without dots';
comment on column drafts.unit_code is 'Unit kerja whose officer writes it';
comment on column drafts.sealed is 'What was typed (NIP among it) as JSON, sealed and bound to draft_id';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table drafts, officer_tries, officer_sessions, officer_links, officer_pins;
