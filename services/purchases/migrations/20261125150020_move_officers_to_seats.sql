-- migrate:up
insert into seat_pins select tenant, unit_code, salt, pin_hash, set_at from officer_pins;
insert into seat_links select link_hash, tenant, unit_code, expires_at from officer_links;
insert into seat_sessions (session_hash, session_id, tenant, seat, device, begun_at, expires_at)
select session_hash, gen_random_uuid(), tenant, unit_code, '', expires_at - interval '12 hours', expires_at from officer_sessions;
insert into seat_tries select tenant, unit_code, address_key, tried_at from officer_tries;
-- squawk-ignore ban-drop-table
drop table officer_tries, officer_sessions, officer_links, officer_pins;
-- migrate:down
create table officer_pins as select tenant, seat as unit_code, salt, pin_hash, set_at from seat_pins;
create table officer_links as select link_hash, tenant, seat as unit_code, expires_at from seat_links;
create table officer_sessions as select session_hash, tenant, seat as unit_code, expires_at from seat_sessions;
create table officer_tries as select tenant, seat as unit_code, address_key, tried_at from seat_tries;
