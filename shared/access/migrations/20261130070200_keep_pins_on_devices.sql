-- migrate:up
alter table seat_sessions
  add column kept_until timestamptz,
  add column salt bytea,
  add column pin_hash bytea,
  add column pin_tries integer not null default 0;
comment on column seat_sessions.kept_until is 'Until when the device may begin a new session with its own PIN; null: it has none, and is forgotten when its session ends';
comment on column seat_sessions.salt is '16 random bytes of the device''s own PIN';
comment on column seat_sessions.pin_hash is 'scrypt of the device''s own PIN, which opens on that device alone; null once the device was cut off';
comment on column seat_sessions.pin_tries is 'Wrong PINs in a row on this device; at 5 only a new link lets it in';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table seat_sessions drop column pin_tries, drop column pin_hash, drop column salt, drop column kept_until;
