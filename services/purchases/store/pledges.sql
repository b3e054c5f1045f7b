-- name: claim_pledge!
-- Two doors that tell of one pledge at once go one after the other.
select pg_advisory_xact_lock(hashtextextended(:pledge_id::uuid::text, 0));

-- name: find_pledge^
-- A pledge as it stands.
select pledge_id, source, unit_code, programme, round, version, sum_idr, packets, is_late, pledged_at, changed_at
from pledges where pledge_id = :pledge_id;

-- name: save_pledge!
-- A pledge after what was said; it was pledged when its first word came.
insert into pledges (pledge_id, tenant, source, unit_code, programme, round, version, sum_idr, packets, is_late,
                     pledged_at, changed_at)
values (:pledge_id, :tenant, :source, :unit_code, :programme, :round, :version, :sum_idr, :packets, :is_late, :arrived_at,
        :said_at)
on conflict (pledge_id) do update set version = excluded.version, sum_idr = excluded.sum_idr,
  packets = excluded.packets, is_late = excluded.is_late, pledged_at = least(pledges.pledged_at, excluded.pledged_at),
  changed_at = excluded.changed_at;

-- name: list_pledges
-- The pledges of a unit, the latest round first.
select pledge_id, source, unit_code, programme, round, version, sum_idr, packets, is_late, pledged_at, changed_at
from pledges where tenant = :tenant and unit_code = :unit_code order by round desc, programme limit 200;
