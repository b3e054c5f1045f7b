-- migrate:up
alter table ref_regions add column by_chair boolean not null default false;
comment on column ref_regions.by_chair is 'Whether the chair of an RT or RW may be a packet''s last hand there (chairs_in of city.toml); of a kelurahan';
-- migrate:down
-- squawk-ignore ban-drop-column
alter table ref_regions drop column by_chair;
