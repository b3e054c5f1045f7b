-- migrate:up
create table issued_report (
  tenant text not null, number integer not null, first_date date not null, last_date date not null,
  issued_at timestamptz not null, as_of_at timestamptz, content jsonb not null, primary key (tenant, number)
);
comment on table issued_report is 'Reports to the Mayor as they were issued: the same file can be made again, whatever changed since';
comment on column issued_report.number is 'Running number of the city''s reports, from 1';
comment on column issued_report.as_of_at is 'Up to when the numbers went: the last event applied; null when there was none';
comment on column issued_report.content is 'Every number of the report, and nobody''s name';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table issued_report;
