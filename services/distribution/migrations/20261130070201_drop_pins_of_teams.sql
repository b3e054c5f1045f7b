-- migrate:up
-- A PIN of a whole team let a phone that was cut off come in again: now each device has its own (ADR 17).
delete from seat_pins where seat not like 'koordinator/%';
-- migrate:down
-- Nothing comes back: a team gets links.
select 1;
