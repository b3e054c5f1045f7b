-- name: claim_lumbung!
-- Teams choose their time at one lumbung one after the other.
select pg_advisory_xact_lock(hashtextextended('pickup:' || :tenant::text || ':' || :kelurahan::text, 0));

-- name: list_pickups
-- Who comes to these kelurahan's lumbung on a day, and when.
select kelurahan, team, slot_at, turn from pickups
where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and day = :day order by slot_at, kelurahan, turn;

-- name: save_pickup!
-- A team's time of a day, in place of the one before.
insert into pickups (tenant, kelurahan, day, team, slot_at, turn)
values (:tenant, :kelurahan, :day, :team, :slot_at, :turn)
on conflict (tenant, kelurahan, day, team) do update set slot_at = excluded.slot_at, turn = excluded.turn;

-- name: delete_old_pickups!
-- Days that are over.
delete from pickups where day < :before;
