-- migrate:up
create view packets_in_work as
select task_id, tenant, household_id, kelurahan, status, team, holder, custody, level, lapses, asked, lease_until, retry_at,
  deliver_before,
  case when status = 'recalled' then null
       when lapses > 0 then '-infinity'::timestamptz
       else least(arrives_at, deliver_before) end as late_from
from tasks where status in ('assigned', 'accepted', 'failed') or (status = 'recalled' and goods = 'in_transit');
comment on view packets_in_work is 'Packets that wait for a team, are on their way, or have to be brought back';
comment on column packets_in_work.late_from is 'The moment from which it is late: it was to be there by then, or (since ever) a team''s lease ended without a word; null when it is recalled';
-- migrate:down
-- squawk-ignore ban-drop-view
drop view packets_in_work;
