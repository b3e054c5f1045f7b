-- migrate:up
create table recipient_counts (
  tenant text not null, programme text not null, first_date date not null, last_date date not null,
  count_id uuid not null, counted_at timestamptz not null,
  primary key (tenant, programme, first_date),
  constraint recipient_counts_are_whole_weeks check (
    extract(isodow from first_date) = 1 and extract(isodow from last_date) = 7 and first_date < last_date)
);
comment on table recipient_counts is 'Weeks whose deliveries were told of as sums of warga and of aparatur; a delivery is in one count at most';
comment on column recipient_counts.first_date is 'A Monday of the city';
comment on column recipient_counts.last_date is 'A Sunday of the city';
comment on column recipient_counts.count_id is 'The event that told of it';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table recipient_counts;
