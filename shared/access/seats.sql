-- name: save_pin!
-- The PIN of a seat, in place of the one before.
insert into seat_pins (tenant, seat, salt, pin_hash, set_at) values (:tenant, :seat, :salt, :pin_hash, :now)
on conflict (tenant, seat) do update set salt = excluded.salt, pin_hash = excluded.pin_hash, set_at = excluded.set_at;

-- name: find_pin^
-- The salt and hash of a seat's PIN.
select salt, pin_hash from seat_pins where tenant = :tenant and seat = :seat;

-- name: save_link!
-- A link that opens once.
insert into seat_links (link_hash, tenant, seat, expires_at) values (:link_hash, :tenant, :seat, :expires_at);

-- name: find_link^
-- The seat of a link that still opens.
select tenant, seat from seat_links where link_hash = :link_hash and expires_at > :now;

-- name: claim_link^
-- Use a link up: of two at once, one gets it.
delete from seat_links where link_hash = :link_hash and expires_at > :now returning tenant, seat;

-- name: save_session!
-- Somebody signed in.
insert into seat_sessions (session_hash, session_id, tenant, seat, device, begun_at, expires_at)
values (:session_hash, :session_id, :tenant, :seat, :device, :now, :expires_at);

-- name: find_session^
-- The seat that a session speaks for, and whether it was cut off.
select session_id, tenant, seat, expires_at, revoked_at is not null as is_revoked, pin_hash is not null as has_pin
from seat_sessions where session_hash = :session_hash and expires_at > :now;

-- name: save_device_pin!
-- The PIN of one device, in place of the one before.
update seat_sessions set salt = :salt, pin_hash = :pin_hash, pin_tries = 0, kept_until = :kept_until
where session_id = :session_id and revoked_at is null;

-- name: find_device^
-- A device that has a PIN of its own, or had one when it was cut off.
select tenant, seat, pin_tries, revoked_at is not null as is_revoked from seat_sessions
where session_hash = :session_hash and kept_until > :now;

-- name: claim_device_try^
-- A try of a device's PIN, counted before it is looked at; none when it has no PIN (any more), or tried too often.
update seat_sessions set pin_tries = pin_tries + 1
where session_hash = :session_hash and kept_until > :now and pin_hash is not null and pin_tries < :most
returning salt, pin_hash, pin_tries;

-- name: renew_session$
-- A new session of a device after its PIN, under a new token; None when it was cut off meanwhile.
update seat_sessions set session_hash = :new_hash, device = :device, begun_at = :now, expires_at = :expires_at,
  kept_until = :kept_until, pin_tries = 0
where session_hash = :session_hash and pin_hash is not null and revoked_at is null returning session_id;

-- name: list_sessions
-- The devices that are signed in at a seat, or can be with their own PIN.
select session_id, device, begun_at, expires_at, pin_hash is not null as has_pin from seat_sessions
where tenant = :tenant and seat = :seat and greatest(expires_at, kept_until) > :now and revoked_at is null order by begun_at;

-- name: list_sessions_of
-- The devices that are signed in at some seats of a city, or can be with their own PIN.
select seat, session_id, device, begun_at, pin_hash is not null as has_pin from seat_sessions
where tenant = :tenant and seat = any(:seats::text[]) and greatest(expires_at, kept_until) > :now and revoked_at is null
order by seat, begun_at, session_id;

-- name: end_session$
-- Sign out; whether the device may come again with its own PIN, and is not forgotten.
with kept as (update seat_sessions set expires_at = :now where session_hash = :session_hash and pin_hash is not null returning 1),
     gone as (delete from seat_sessions where session_hash = :session_hash and pin_hash is null)
select exists (select from kept);

-- name: delete_session!
-- A device came in anew, and what it was before opens nothing more.
delete from seat_sessions where session_hash = :session_hash and revoked_at is null;

-- name: revoke_session$
-- Cut one device off, and its PIN; its id, or None when there was none.
update seat_sessions set revoked_at = :now, salt = null, pin_hash = null
where tenant = :tenant and seat = :seat and session_id = :session_id and revoked_at is null returning session_id;

-- name: claim_tries!
-- Tries of one seat's PIN go one after the other.
select pg_advisory_xact_lock(hashtextextended('seat:' || :tenant::text || ':' || :seat::text, 0));

-- name: list_tries
-- Tries of a seat's PIN since then, and where each came from.
select address_key, tried_at from seat_tries
where tenant = :tenant and seat = :seat and tried_at > :since order by tried_at;

-- name: append_try!
-- Somebody tries a PIN; noted before it is looked at, so that guesses side by side count too.
insert into seat_tries (tenant, seat, address_key, tried_at) values (:tenant, :seat, :address_key, :now);

-- name: delete_tries!
-- After the right PIN, the wrong ones before it from the same address are forgiven.
delete from seat_tries where tenant = :tenant and seat = :seat and address_key = :address_key;

-- name: revoke_seat!
-- Nobody is signed in at this seat any more, and no PIN or link of it opens.
with pins as (delete from seat_pins where tenant = :tenant and seat = :seat),
     links as (delete from seat_links where tenant = :tenant and seat = :seat)
update seat_sessions set revoked_at = :now, salt = null, pin_hash = null
where tenant = :tenant and seat = :seat and revoked_at is null;

-- name: delete_expired!
-- What opens nothing any more, and tries that no longer count.
with links as (delete from seat_links where expires_at <= :now),
     sessions as (delete from seat_sessions where greatest(expires_at, kept_until) <= :now)
delete from seat_tries where tried_at <= :tries_before;
