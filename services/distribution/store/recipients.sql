-- name: claim_counting$
-- Only one replica counts at a time.
select pg_try_advisory_xact_lock(hashtextextended('recipients:' || :tenant::text, 0));

-- name: list_uncounted
-- What each household of a programme got on each day before `monday` that is in no count yet; days are those of `zone`.
-- Where the last week is counted, which is so in nearly every hour, no task is read.
with counted as materialized (
  select coalesce(max(last_date), '-infinity') as day from recipient_counts where tenant = :tenant and programme = :programme)
select t.household_id, h.is_aparatur, day.local_date as day, count(*)::int as packets, sum(l.pieces)::int as pieces
from tasks t join households h using (household_id)
cross join lateral (select (t.changed_at at time zone :zone)::date as local_date) day
cross join lateral (select sum(quantity) as pieces from task_lines where task_id = t.task_id) l
where (select day from counted) < :monday::date - 1 and t.tenant = :tenant and t.status = 'delivered'
  and h.programme = :programme and day.local_date > (select day from counted) and day.local_date < :monday
group by 1, 2, 3 order by 3, 1;

-- name: append_count!
-- These weeks are counted, and will not be again.
insert into recipient_counts (tenant, programme, first_date, last_date, count_id, counted_at)
values (:tenant, :programme, :first, :last, :count_id, :now);
