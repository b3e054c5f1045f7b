-- migrate:up
-- squawk-ignore ban-drop-column
alter table ref_units drop column asn_count;
-- migrate:down
alter table ref_units add column asn_count integer not null default 0;
update ref_units set asn_count = (
  select asn_count from ref_unit_headcounts h where h.unit_code = ref_units.unit_code order by valid_from desc limit 1);
