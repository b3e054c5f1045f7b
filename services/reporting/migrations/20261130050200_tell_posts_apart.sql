-- migrate:up
alter table fct_purchase add column posts_by_unit integer not null default 0, add column compliant_by_unit integer not null default 0;
comment on column fct_purchase.posts_by_unit is 'Posts of the unit itself; the others are of its ASN';
comment on column fct_purchase.compliant_by_unit is 'Of these with all hashtags of the programme';
alter table tally_unit_day add column posts_by_unit integer not null default 0, add column compliant_by_unit integer not null default 0;
comment on column tally_unit_day.posts_by_unit is 'Posts of the unit itself; the others are of its ASN';
comment on column tally_unit_day.compliant_by_unit is 'Of these with all hashtags of the programme';
update fct_purchase p set posts_by_unit = told.posts, compliant_by_unit = told.compliant
from (select purchase_id, count(*) as posts, count(*) filter (where is_compliant) as compliant
  from fct_post where said_by = 'unit' group by 1) told where told.purchase_id = p.purchase_id;
update tally_unit_day t set posts_by_unit = told.posts, compliant_by_unit = told.compliant
from (select unit_code, local_date, sum(posts_by_unit) as posts, sum(compliant_by_unit) as compliant
  from fct_purchase where not is_voided and posts_by_unit > 0 group by 1, 2) told
where (told.unit_code, told.local_date) = (t.unit_code, t.local_date);
-- migrate:down
-- the published view goes with them; `peduli migrate` makes it anew
-- squawk-ignore ban-drop-column
alter table tally_unit_day drop column posts_by_unit cascade, drop column compliant_by_unit cascade;
-- squawk-ignore ban-drop-column
alter table fct_purchase drop column posts_by_unit, drop column compliant_by_unit;
