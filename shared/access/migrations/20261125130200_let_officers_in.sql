-- migrate:up
-- squawk-ignore ban-drop-constraint
alter table principals drop constraint principals_role_known;
alter table principals
  -- squawk-ignore constraint-missing-not-valid
  add constraint principals_role_known check (role in ('publisher', 'puskesmas', 'team', 'warehouse', 'reader'));
comment on column principals.role is 'publisher tells of purchases, puskesmas of households, team of tasks, warehouse of the stock in a lumbung; reader reads';
-- migrate:down
-- squawk-ignore ban-drop-constraint
alter table principals drop constraint principals_role_known;
delete from principals where role = 'warehouse';
alter table principals
  -- squawk-ignore constraint-missing-not-valid
  add constraint principals_role_known check (role in ('publisher', 'puskesmas', 'team', 'reader'));
