-- name: save_pin!
-- The PIN of a unit, in place of the one before.
insert into officer_pins (tenant, unit_code, salt, pin_hash, set_at)
values (:tenant, :unit_code, :salt, :pin_hash, :now)
on conflict (tenant, unit_code) do update set salt = excluded.salt, pin_hash = excluded.pin_hash, set_at = excluded.set_at;

-- name: find_pin^
-- The salt and hash of a unit's PIN.
select salt, pin_hash from officer_pins where tenant = :tenant and unit_code = :unit_code;

-- name: save_link!
-- A link that opens once.
insert into officer_links (link_hash, tenant, unit_code, expires_at)
values (:link_hash, :tenant, :unit_code, :expires_at);

-- name: find_link^
-- The unit of a link that still opens.
select tenant, unit_code from officer_links where link_hash = :link_hash and expires_at > :now;

-- name: claim_link^
-- Use a link up: of two at once, one gets it.
delete from officer_links where link_hash = :link_hash and expires_at > :now returning tenant, unit_code;

-- name: save_session!
-- Somebody signed in.
insert into officer_sessions (session_hash, tenant, unit_code, expires_at)
values (:session_hash, :tenant, :unit_code, :expires_at);

-- name: find_session^
-- The unit that a session speaks for.
select tenant, unit_code from officer_sessions where session_hash = :session_hash and expires_at > :now;

-- name: delete_session!
-- Sign out.
delete from officer_sessions where session_hash = :session_hash;

-- name: claim_tries!
-- Tries of one unit's PIN go one after the other.
select pg_advisory_xact_lock(hashtextextended('officer:' || :tenant::text || ':' || :unit_code::text, 0));

-- name: list_tries
-- Tries of a unit's PIN since then, and where each came from.
select address_key, tried_at from officer_tries
where tenant = :tenant and unit_code = :unit_code and tried_at > :since order by tried_at;

-- name: append_try!
-- Somebody tries a PIN; noted before it is looked at, so that guesses side by side count too.
insert into officer_tries (tenant, unit_code, address_key, tried_at)
values (:tenant, :unit_code, :address_key, :now);

-- name: delete_tries!
-- After the right PIN, the wrong ones before it from the same address are forgiven.
delete from officer_tries where tenant = :tenant and unit_code = :unit_code and address_key = :address_key;

-- name: delete_access_of_unit!
-- Nobody is signed in for this unit any more, and no PIN or link of it opens.
with pins as (delete from officer_pins where tenant = :tenant and unit_code = :unit_code),
     links as (delete from officer_links where tenant = :tenant and unit_code = :unit_code)
delete from officer_sessions where tenant = :tenant and unit_code = :unit_code;

-- name: delete_expired!
-- What opens nothing any more, and tries that no longer count.
with links as (delete from officer_links where expires_at <= :now),
     sessions as (delete from officer_sessions where expires_at <= :now)
delete from officer_tries where tried_at <= :tries_before;
