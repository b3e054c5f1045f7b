-- migrate:up
create table seat_pins (
  tenant text not null,
  seat text not null,
  salt bytea not null,
  pin_hash bytea not null,
  set_at timestamptz not null,
  primary key (tenant, seat)
);
comment on table seat_pins is 'The PIN of a seat (the desk of a unit, the phones of a team), hashed with scrypt';
comment on column seat_pins.tenant is 'City code without dots';
comment on column seat_pins.seat is 'Code of the unit kerja, or name of the team, that the PIN opens';
comment on column seat_pins.salt is '16 random bytes';
comment on column seat_pins.pin_hash is 'scrypt of the PIN with its salt';

create table seat_links (
  link_hash bytea primary key,
  tenant text not null,
  seat text not null,
  expires_at timestamptz not null
);
create index seat_links_by_seat on seat_links (tenant, seat);
comment on table seat_links is 'One-time links, by their SHA-256; a link that was used is gone';
comment on column seat_links.link_hash is 'SHA-256 of the token in the link';

create table seat_sessions (
  session_hash bytea primary key,
  session_id uuid not null unique,
  tenant text not null,
  seat text not null,
  device text not null,
  begun_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index seat_sessions_by_seat on seat_sessions (tenant, seat);
comment on table seat_sessions is 'Who is signed in: one row per device. A revoked one stays until its time is over, so that it can be told';
comment on column seat_sessions.session_hash is 'SHA-256 of the token in the cookie';
comment on column seat_sessions.device is 'What its browser says of the device, such as Linux; Android 8.1';

create table seat_tries (
  tenant text not null,
  seat text not null,
  address_key text not null,
  tried_at timestamptz not null
);
create index seat_tries_by_seat on seat_tries (tenant, seat, tried_at);
create index seat_tries_by_age on seat_tries (tried_at);
comment on table seat_tries is 'Tries of a PIN in the last hour; those before a right one are removed';
comment on column seat_tries.address_key is 'Keyed hash of the network address: equal for equal ones, meaningless without the key';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table seat_tries, seat_sessions, seat_links, seat_pins;
