-- The published views: read by dashboards, analysts and reports. Run again whenever they change; readers go on.
create schema if not exists reporting;
create or replace view reporting.v1_unit_tally as
select u.tenant, u.unit_code, u.name as unit_name, u.kind, u.parent_code, u.asn_count as headcount, coalesce(b.buyers, 0) as buyers,
  round(100.0 * coalesce(b.buyers, 0) / nullif(u.asn_count, 0), 2) as participation_percent,
  coalesce(t.purchases, 0) as purchases, coalesce(t.items, 0) as items, coalesce(t.spend_idr, 0) as spend_idr,
  round(coalesce(t.spend_idr, 0)::numeric / nullif(u.asn_count, 0))::bigint as spend_per_asn_idr,
  coalesce(t.donated_idr, 0) as donated_idr, coalesce(t.own_use_idr, 0) as own_use_idr, coalesce(t.posts, 0) as posts,
  coalesce(t.compliant_posts, 0) as compliant_posts,
  round(100.0 * t.compliant_posts / nullif(t.posts, 0), 2) as hashtag_compliance_percent,
  case when u.is_active then rank() over (partition by u.tenant, u.kind, u.is_active
    order by coalesce(b.buyers, 0)::numeric / nullif(u.asn_count, 0) desc nulls last) end as rank_in_kind,
  t.last_purchase_date, u.is_active
from facts.dim_unit u
left join (select unit_code, sum(purchases) as purchases, sum(items) as items, sum(spend_idr)::bigint as spend_idr,
    sum(donated_idr)::bigint as donated_idr, sum(own_use_idr)::bigint as own_use_idr, sum(posts) as posts,
    sum(compliant_posts) as compliant_posts, max(local_date) filter (where purchases > 0) as last_purchase_date
  from facts.tally_unit_day group by unit_code) t using (unit_code)
left join (select unit_code, count(*) as buyers from facts.unit_buyers where purchases > 0 group by unit_code) b
  using (unit_code);

create or replace view reporting.v1_unit_tally_daily as
select u.tenant, t.unit_code, u.name as unit_name, t.local_date, t.purchases, t.items, t.spend_idr, t.donated_idr, t.own_use_idr,
  t.posts, t.compliant_posts, (sum(t.spend_idr) over running)::bigint as running_spend_idr,
  sum(t.purchases) over running as running_purchases, h.asn_count as headcount, b.buyers,
  round(100.0 * b.buyers / nullif(h.asn_count, 0), 2) as participation_percent
from facts.tally_unit_day t join facts.dim_unit u using (unit_code)
join facts.dim_unit_headcount h on h.unit_code = t.unit_code and h.valid_from <= t.local_date and t.local_date < h.valid_to
cross join lateral (select count(distinct buyer_key) as buyers from facts.unit_day_buyers d
  where d.unit_code = t.unit_code and d.local_date = t.local_date and d.purchases > 0) b
window running as (partition by t.unit_code order by t.local_date);

create or replace view reporting.v1_unit_round as
select u.tenant, coalesce(p.unit_code, t.unit_code) as unit_code, u.name as unit_name, coalesce(p.programme, t.programme) as programme,
  coalesce(p.round, t.round) as round, p.pledged_idr, p.pledged_packets, p.is_late, p.pledged_at,
  coalesce(t.purchases, 0) as purchases, coalesce(t.donated_idr, 0) as donated_idr, h.asn_count as headcount, b.buyers,
  round(100.0 * b.buyers / nullif(h.asn_count, 0), 2) as participation_percent
from facts.fct_pledge p
full join facts.tally_unit_round t on (t.unit_code, t.programme, t.round) = (p.unit_code, p.programme, p.round)
join facts.dim_unit u on u.unit_code = coalesce(p.unit_code, t.unit_code)
join facts.dim_unit_headcount h on h.unit_code = u.unit_code and h.valid_from <= coalesce(p.round, t.round)
  and coalesce(p.round, t.round) < h.valid_to
cross join lateral (select count(distinct buyer_key) as buyers from facts.unit_day_buyers d
  where d.unit_code = u.unit_code and d.programme = coalesce(p.programme, t.programme) and d.purchases > 0
    and d.local_date between coalesce(p.round, t.round) and coalesce(p.round, t.round) + 6) b;

create or replace view reporting.v1_channel_tally as
select tenant, channel, local_date, purchases, items, spend_idr from facts.tally_channel_day;

create or replace view reporting.v1_distribution_tally as
select r.tenant, t.kelurahan, r.name as kelurahan_name, r.kecamatan_code, t.local_date, t.assigned, t.accepted, t.delivered, t.failed,
  t.returned, t.recalled, t.pieces_delivered,
  case when coalesce(h.households, 0) >= 5 then h.households end as active_households,
  coalesce(h.households, 0) < 5 as is_suppressed
from facts.tally_region_day t join facts.dim_region r on r.region_code = t.kelurahan
left join (select kelurahan, count(*) as households from facts.fct_household where not is_released group by kelurahan) h
  on h.kelurahan = t.kelurahan;

create or replace view reporting.v1_trace as
select p.tenant, l.purchase_id, l.line_no, l.sku, p.unit_code, p.purpose, p.local_date, p.is_voided,
  case when p.is_voided then 0 else l.quantity end as bought,
  coalesce(t.on_the_way, 0) as on_the_way, coalesce(t.delivered, 0) as delivered, coalesce(s.expired, 0) as expired,
  coalesce(s.over_delivered, 0) as over_delivered,
  case when p.purpose = 'donation' then (case when p.is_voided then 0 else l.quantity end) + coalesce(s.over_delivered, 0)
    - coalesce(t.on_the_way, 0) - coalesce(t.delivered, 0) - coalesce(s.expired, 0) - coalesce(s.damaged, 0)
    - coalesce(s.withdrawn, 0) else 0 end as in_stock,
  coalesce(t.packets, 0) as packets, coalesce(s.damaged, 0) as damaged, coalesce(s.withdrawn, 0) as withdrawn
from facts.fct_purchase_line l join facts.fct_purchase p using (purchase_id)
left join (select tl.purchase_id, tl.line_no, count(*) as packets,
    sum(tl.quantity) filter (where k.status in ('assigned', 'accepted', 'failed')
      or (k.status = 'recalled' and k.accepted_at is not null)) as on_the_way,
    sum(tl.quantity) filter (where k.status = 'delivered') as delivered
  from facts.fct_task_line tl join facts.fct_task k using (task_id) group by 1, 2) t using (purchase_id, line_no)
left join (select purchase_id, line_no, sum(expired) + coalesce(sum(quantity) filter (where kind = 'expired'), 0) as expired,
    sum(over_delivered) as over_delivered, sum(damaged) as damaged, sum(withdrawn) as withdrawn from facts.fct_stock_change group by 1, 2) s using (purchase_id, line_no);

create or replace view reporting.v1_freshness as
select f.tenant, f.topic, f.last_event_at, f.last_applied_at,
  greatest(0, extract(epoch from f.last_applied_at - f.last_event_at))::numeric(12, 3) as lag_seconds,
  coalesce((select seen_at from facts.heartbeat), '-infinity') < now() - interval '60 seconds' as is_stale, now() as as_of_at
from facts.freshness f;

comment on view reporting.v1_unit_tally is 'One row per unit kerja: participation, spending, posts';
comment on view reporting.v1_unit_tally_daily is 'One row per unit kerja and local date, with running totals; sums to v1_unit_tally';
comment on view reporting.v1_unit_round is 'One row per unit kerja, programme and round: what was pledged beside what was bought';
comment on view reporting.v1_channel_tally is 'One row per city, channel of its programme and local date';
comment on view reporting.v1_distribution_tally is 'One row per kelurahan and local date: what happened to packets that day';
comment on view reporting.v1_trace is 'One row per purchase line: from rupiah to doorstep, in pieces; bought + over_delivered = on_the_way + delivered + expired + damaged + withdrawn + in_stock';
comment on view reporting.v1_freshness is 'How fresh each topic of each city is: purchase, pledge, household, task, lot, and seller, product, unit of its registry';
do $$
declare item record;
begin
  for item in
    select * from (values
      ('programme', 'The cause that the goods are for'), ('round', 'Monday that opens the round (a week)'),
      ('pledged_idr', 'Pledged sum, in whole rupiah; null without a pledge'),
      ('pledged_packets', 'Pledged packets; null without a pledge'),
      ('is_late', 'True when the first pledge came at Thursday 16.00 or later'), ('pledged_at', 'When it was first pledged'),
      ('tenant', 'City code without dots: 3276 is Depok'), ('unit_code', 'Code of the unit kerja'), ('unit_name', 'Name of the unit kerja'), ('kind', 'opd, kecamatan or kelurahan'),
      ('parent_code', 'Unit above it; empty at the top'), ('is_active', 'False when the unit is retired; it has no rank then'),
      ('headcount', 'ASN of the unit: today, on that day, or on the Monday of that round (an estimate in the cities that come with the code)'),
      ('buyers', 'Distinct ASN with a purchase that stands: ever, on that day, or in that round'), ('participation_percent', 'buyers / headcount, in percent'),
      ('purchases', 'Purchases that stand'), ('items', 'Pieces bought'), ('spend_idr', 'Money spent, in whole rupiah'),
      ('spend_per_asn_idr', 'spend_idr / headcount, in whole rupiah'), ('donated_idr', 'Spent on goods for isoman households'),
      ('own_use_idr', 'Spent on goods for own use'), ('posts', 'Posts told with the purchases'),
      ('compliant_posts', 'Posts with all hashtags of the programme'), ('hashtag_compliance_percent', 'compliant_posts / posts, in percent'),
      ('rank_in_kind', 'Rank by participation among units of its kind in the city'), ('last_purchase_date', 'Local date of the last purchase'),
      ('local_date', 'Calendar day in the city''s own time zone (WIB, WITA or WIT)'), ('running_spend_idr', 'spend_idr up to this day'),
      ('running_purchases', 'purchases up to this day'), ('channel', 'Channel of the city''s programme'),
      ('kelurahan', 'Code of the kelurahan'), ('kelurahan_name', 'Name of the kelurahan'),
      ('kecamatan_code', 'Code of its kecamatan'), ('assigned', 'Packets assigned that day, again included'),
      ('accepted', 'Packets accepted that day'), ('delivered', 'Delivered: packets in a tally, pieces in a trace'),
      ('failed', 'Failed tries that day'), ('returned', 'Packets brought back that day'), ('recalled', 'Packets recalled that day'),
      ('pieces_delivered', 'Pieces delivered that day'), ('active_households', 'Households in isolation now; null below 5'),
      ('is_suppressed', 'True when a count of fewer than 5 households is hidden'), ('purchase_id', 'Id of the purchase'),
      ('line_no', 'Line of the receipt, from 1'), ('sku', 'Code of the product'), ('purpose', 'donation or own_use'),
      ('is_voided', 'True when the purchase was taken back'), ('bought', 'Pieces bought now, after corrections'),
      ('on_the_way', 'Pieces in packets not yet at a door'), ('expired', 'Pieces that spoilt in the lumbung'),
      ('damaged', 'Pieces that broke, or were too long out of the cold'), ('withdrawn', 'Pieces that an officer took out of stock, or found missing'),
      ('over_delivered', 'Pieces taken back on paper after they had left'), ('in_stock', 'Pieces in the lumbung'),
      ('packets', 'Packets with pieces of this line'), ('topic', 'Kind of aggregate'),
      ('last_event_at', 'Time of the latest event applied'), ('last_applied_at', 'When it was applied'),
      ('lag_seconds', 'last_applied_at - last_event_at, in seconds'), ('is_stale', 'True when the consumer was not seen for 60 s'),
      ('as_of_at', 'When this row was read')) as texts (name, text)
    join information_schema.columns c on c.table_schema = 'reporting' and c.column_name = texts.name
  loop
    execute format('comment on column reporting.%I.%I is %L', item.table_name, item.column_name, item.text);
  end loop;
  if not exists (select from pg_roles where rolname = 'dashboard_reader') then
    create role dashboard_reader nologin connection limit 20;
  end if;
  alter role dashboard_reader set default_transaction_read_only = on;
  alter role dashboard_reader set statement_timeout = '5s';
end $$;
grant usage on schema reporting to dashboard_reader;
grant select on all tables in schema reporting to dashboard_reader;
