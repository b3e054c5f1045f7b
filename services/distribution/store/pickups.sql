-- name: claim_lumbung!
-- Teams get their time at one lumbung one after the other.
select pg_advisory_xact_lock(hashtextextended('pickup:' || :tenant::text || ':' || :kelurahan::text, 0));

-- name: list_pickups
-- Who comes to these kelurahan's lumbung from a day on, and when.
select kelurahan, team, slot_at, turn from pickups
where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and day >= :since order by slot_at, kelurahan, turn;

-- name: list_awaited
-- The same, with how many packets each has yet to fetch; late: its slot is over.
select p.kelurahan, p.team, p.slot_at, p.slot_at <= :over as is_late, (
  select count(*) from tasks t where t.tenant = p.tenant and t.team = p.team and t.kelurahan = p.kelurahan
    and t.status = 'accepted' and t.goods = 'reserved')::int as packets
from pickups p where p.tenant = :tenant and p.kelurahan = any(:kelurahans::text[]) and p.day >= :since
order by p.slot_at, p.kelurahan, p.turn;

-- name: save_pickup!
-- A team's time of a day, in place of the one before.
insert into pickups (tenant, kelurahan, day, team, slot_at, turn)
values (:tenant, :kelurahan, :day, :team, :slot_at, :turn)
on conflict (tenant, kelurahan, day, team) do update set slot_at = excluded.slot_at, turn = excluded.turn;

-- name: extend_leases!
-- Doors whose packets a team has yet to fetch wait for the time that it has chosen.
update tasks set lease_until = greatest(lease_until, :until)
where tenant = :tenant and team = :team and kelurahan = :kelurahan and status = 'accepted' and goods = 'reserved';

-- name: delete_old_pickups!
-- Days that are over.
delete from pickups where day < :before;
