-- migrate:up
create table fct_recipients (
  count_id uuid not null, recipients text not null, tenant text not null, programme text not null,
  first_date date not null, last_date date not null, households integer not null, packets integer not null,
  pieces bigint not null, primary key (count_id, recipients)
);
comment on table fct_recipients is 'Packets of whole weeks by who got them, as distribution told of groups of 5 households or more';
comment on column fct_recipients.recipients is 'warga or aparatur';
-- migrate:down
-- the published view goes with it; `peduli migrate` makes it anew
-- squawk-ignore ban-drop-table
drop table fct_recipients cascade;
