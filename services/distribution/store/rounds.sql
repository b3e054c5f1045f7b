-- name: save_pledges!
-- What units promised; an older word than is known changes nothing.
insert into pledges (pledge_id, tenant, programme, round, unit_code, version, packets)
select * from unnest(:ids::uuid[], :tenants::text[], :programmes::text[], :rounds::date[], :units::text[],
                     :versions::bigint[], :packets::bigint[])
on conflict (pledge_id) do update set version = excluded.version, packets = excluded.packets
where pledges.version < excluded.version;

-- name: claim_round!
-- The round, made when it is new; one hand at a time changes its plan.
insert into rounds (tenant, programme, round, version, planned_at) values (:tenant, :programme, :round, 0, :now)
on conflict (tenant, programme, round) do update set version = rounds.version;

-- name: list_unplanned
-- Programmes for which packets are promised in a round that nobody has planned yet.
select distinct programme from pledges p
where tenant = :tenant and round = :round and packets > 0 and not exists (select from rounds r
  where (r.tenant, r.programme, r.round) = (p.tenant, p.programme, p.round) and (r.version > 0 or r.timed_at is not null))
order by programme;

-- name: claim_unplanned$
-- A round to be planned by itself, once: who comes second, or after a person, gets nothing.
insert into rounds (tenant, programme, round, version, planned_at, timed_at)
values (:tenant, :programme, :round, 0, :now, :now)
on conflict (tenant, programme, round) do update set timed_at = excluded.timed_at
where rounds.version = 0 and rounds.timed_at is null returning true;

-- name: find_round^
-- A round as it stands.
select version, planned_at from rounds where tenant = :tenant and programme = :programme and round = :round;

-- name: load_pledged
-- Packets that each unit promised for a round, over all who told of them.
select unit_code, sum(packets)::bigint as packets from pledges
where tenant = :tenant and programme = :programme and round = :round group by unit_code order by unit_code;

-- name: count_in_need
-- Persons of each kelurahan whose isolation goes on after the packets of a round can be there, of a programme.
select kelurahan, sum(size)::bigint as persons from households
where tenant = :tenant and programme = :programme and released_reason is null and isolation_until > :after group by kelurahan;

-- name: load_needs
-- Persons in need by kecamatan, as told or as the last plan reckoned.
select kecamatan_code, persons, is_told from round_needs
where tenant = :tenant and programme = :programme and round = :round order by kecamatan_code;

-- name: save_needs!
-- Persons in need by kecamatan; what was told is not overwritten by what was counted.
insert into round_needs (tenant, programme, round, kecamatan_code, persons, is_told)
select :tenant, :programme, :round, kecamatan_code, persons, :is_told
from unnest(:kecamatan::text[], :persons::bigint[]) as new (kecamatan_code, persons)
on conflict (tenant, programme, round, kecamatan_code) do update set persons = excluded.persons, is_told = excluded.is_told
where excluded.is_told or not round_needs.is_told;

-- name: load_lines
-- The plan of a round.
select unit_code, kecamatan_code, packets, carry_before, why from round_lines
where tenant = :tenant and programme = :programme and round = :round order by unit_code, kecamatan_code;

-- name: save_lines!
-- The plan of a round instead of the one before, under its next version.
with gone as (
  delete from round_lines l where tenant = :tenant and programme = :programme and round = :round
    and not exists (select from unnest(:units::text[], :kecamatan::text[]) as new (u, k)
      where u = l.unit_code and k = l.kecamatan_code)
), planned as (
  update rounds set version = version + 1, planned_at = :now
  where tenant = :tenant and programme = :programme and round = :round
)
insert into round_lines (tenant, programme, round, unit_code, kecamatan_code, packets, carry_before, why)
select :tenant, :programme, :round, unit_code, kecamatan_code, packets, :carry_before, string_to_array(why, '|')
from unnest(:units::text[], :kecamatan::text[], :packets::bigint[], :whys::text[])
  as new (unit_code, kecamatan_code, packets, why)
on conflict (tenant, programme, round, unit_code, kecamatan_code)
do update set packets = excluded.packets, carry_before = excluded.carry_before, why = excluded.why;

-- name: load_changes
-- What people changed in the plan of a round, in their order.
select version, unit_code, from_kecamatan, to_kecamatan, packets, reason, changed_by, changed_at from round_changes
where tenant = :tenant and programme = :programme and round = :round order by version, change_id;

-- name: append_change!
-- A person's change, with the reason.
insert into round_changes (change_id, tenant, programme, round, version, unit_code, from_kecamatan, to_kecamatan, packets,
                           reason, changed_by, changed_at)
select :change_id, :tenant, :programme, :round, version + 1, :unit, :source, :target, :packets, :reason, :changed_by, :now
from rounds where tenant = :tenant and programme = :programme and round = :round;
