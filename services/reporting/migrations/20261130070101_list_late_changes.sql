-- migrate:up
alter table quality_check add column late_changes jsonb not null default '{}';
comment on column quality_check.late_changes is 'Corrections and voids told since the check before for days that were over: {city and day: count}; empty without the owners'' logs';
-- migrate:down
-- the published view goes with it; `peduli migrate` makes it anew
-- squawk-ignore ban-drop-column
alter table quality_check drop column late_changes cascade;
