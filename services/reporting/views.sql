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
  t.last_purchase_date, u.is_active, u.retired_from
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

create or replace view reporting.v1_post_tally as
select u.tenant, t.unit_code, u.name as unit_name, t.local_date, told.posted_by, told.posts, told.compliant_posts,
  round(100.0 * told.compliant_posts / told.posts, 2) as hashtag_compliance_percent
from facts.tally_unit_day t join facts.dim_unit u using (unit_code)
cross join lateral (values ('asn', t.posts - t.posts_by_unit, t.compliant_posts - t.compliant_by_unit),
  ('unit', t.posts_by_unit, t.compliant_by_unit)) as told (posted_by, posts, compliant_posts)
where told.posts > 0;

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
with home as materialized (select * from facts.household_now) -- counted once, not for each day
select t.tenant, t.kelurahan, r.name as kelurahan_name, r.kecamatan_code, t.local_date, t.assigned::int as assigned,
  t.accepted::int as accepted, t.delivered::int as delivered, t.failed::int as failed, t.returned::int as returned,
  t.recalled::int as recalled, case when t.delivered is not null then t.pieces_delivered end as pieces_delivered,
  case when h.is_shown then h.households end as active_households,
  not coalesce(h.is_shown and h.is_coverage_shown, false)
    or num_nulls(t.assigned, t.accepted, t.delivered, t.failed, t.returned, t.recalled) > 0 as is_suppressed,
  case when h.is_shown and h.is_coverage_shown then h.covered end as covered_households,
  case when h.is_shown and h.is_coverage_shown then round(100.0 * h.covered / h.households, 2) end as coverage_percent,
  case when h.is_shown and h.is_coverage_shown then h.households - h.covered end as unmet_households
from facts.region_told t join facts.dim_region r on r.region_code = t.kelurahan
left join home h on h.kelurahan = t.kelurahan;

create or replace view reporting.v1_distribution_city as
select tenant, local_date, assigned, accepted, delivered, failed, returned, recalled, pieces_delivered,
  num_nulls(assigned, accepted, delivered, failed, returned, recalled) > 0 as is_suppressed
from facts.city_told;

create or replace view reporting.v1_distribution_place as
with sums as (
  select kelurahan, sum(pieces_delivered)::bigint as pieces_delivered,
    sum(assigned) as assigned, count(*) filter (where assigned between 1 and facts.fewest() - 1) as days_assigned,
      coalesce(sum(assigned) filter (where assigned < facts.fewest()), 0) as few_assigned,
    sum(accepted) as accepted, count(*) filter (where accepted between 1 and facts.fewest() - 1) as days_accepted,
      coalesce(sum(accepted) filter (where accepted < facts.fewest()), 0) as few_accepted,
    sum(delivered) as delivered, count(*) filter (where delivered between 1 and facts.fewest() - 1) as days_delivered,
      coalesce(sum(delivered) filter (where delivered < facts.fewest()), 0) as few_delivered,
    sum(failed) as failed, count(*) filter (where failed between 1 and facts.fewest() - 1) as days_failed,
      coalesce(sum(failed) filter (where failed < facts.fewest()), 0) as few_failed,
    sum(returned) as returned, count(*) filter (where returned between 1 and facts.fewest() - 1) as days_returned,
      coalesce(sum(returned) filter (where returned < facts.fewest()), 0) as few_returned,
    sum(recalled) as recalled, count(*) filter (where recalled between 1 and facts.fewest() - 1) as days_recalled,
      coalesce(sum(recalled) filter (where recalled < facts.fewest()), 0) as few_recalled
  from facts.tally_region_day group by 1),
taken as ( -- what is hidden though it is not few
  select tenant, taken & 4294967295 as place, step, count(*) as days, sum(taken >> 32) as count
  from facts.city_step where taken is not null group by 1, 2, 3),
steps as (
  select r.tenant, s.kelurahan, s.pieces_delivered, told.step, told.count, told.days + coalesce(t.days, 0) as hidden,
    facts.weight(told.count, told.days + coalesce(t.days, 0), (told.count - told.few - coalesce(t.count, 0))::bigint) as weight
  from sums s join facts.region_place r using (kelurahan)
  cross join lateral (values
    ('assigned', assigned, days_assigned, few_assigned), ('accepted', accepted, days_accepted, few_accepted),
    ('delivered', delivered, days_delivered, few_delivered), ('failed', failed, days_failed, few_failed),
    ('returned', returned, days_returned, few_returned), ('recalled', recalled, days_recalled, few_recalled))
    as told (step, count, days, few)
  left join taken t on (t.tenant, t.place, t.step) = (r.tenant, r.place, told.step)),
shown as (
  select tenant, kelurahan, pieces_delivered, step, count, facts.is_told(hidden, weight, sum(weight) over lighter) as is_told
  from steps window lighter as (partition by tenant, step, hidden > 0 order by weight, kelurahan
    rows between unbounded preceding and 1 preceding)),
places as (
  select tenant, kelurahan, pieces_delivered,
    max(count) filter (where is_told and step = 'assigned') as assigned, max(count) filter (where is_told and step = 'accepted') as accepted,
    max(count) filter (where is_told and step = 'delivered') as delivered, max(count) filter (where is_told and step = 'failed') as failed,
    max(count) filter (where is_told and step = 'returned') as returned, max(count) filter (where is_told and step = 'recalled') as recalled
  from shown group by 1, 2, 3)
select p.tenant, p.kelurahan, r.name as kelurahan_name, r.kecamatan_code, p.assigned, p.accepted,
  p.delivered, p.failed, p.returned, p.recalled, case when p.delivered is not null then p.pieces_delivered end as pieces_delivered,
  case when h.is_shown then h.households end as active_households,
  not coalesce(h.is_shown and h.is_coverage_shown, false)
    or num_nulls(p.assigned, p.accepted, p.delivered, p.failed, p.returned, p.recalled) > 0 as is_suppressed,
  case when h.is_shown and h.is_coverage_shown then h.covered end as covered_households,
  case when h.is_shown and h.is_coverage_shown then round(100.0 * h.covered / h.households, 2) end as coverage_percent,
  case when h.is_shown and h.is_coverage_shown then h.households - h.covered end as unmet_households
from places p join facts.dim_region r on r.region_code = p.kelurahan
left join facts.household_now h on h.kelurahan = p.kelurahan;

create or replace view reporting.v1_distribution_total as
with total as (
  select tenant, facts.shown(sum(assigned)::bigint, 0, 0) as assigned,
    facts.shown(sum(accepted)::bigint, 0, 0) as accepted,
    facts.shown(sum(delivered)::bigint, 0, 0) as delivered,
    facts.shown(sum(failed)::bigint, 0, 0) as failed,
    facts.shown(sum(returned)::bigint, 0, 0) as returned,
    facts.shown(sum(recalled)::bigint, 0, 0) as recalled,
    sum(pieces_delivered)::bigint as pieces_delivered from facts.city_day group by tenant)
select tenant, assigned, accepted, delivered, failed, returned, recalled,
  case when delivered is not null then pieces_delivered end as pieces_delivered,
  num_nulls(assigned, accepted, delivered, failed, returned, recalled) > 0 as is_suppressed
from total;

create or replace view reporting.v1_recipients as
with counted as (select distinct tenant, programme, count_id, first_date, last_date from facts.fct_recipients),
days as (select d.tenant, d.local_date, d.delivered, s.delivered as told
  from facts.city_day d join facts.city_told s using (tenant, local_date)),
parts as (
  select c.tenant, c.programme, c.count_id, d.local_date, d.delivered, d.told
  from counted c left join days d on d.tenant = c.tenant and d.local_date between c.first_date and c.last_date
  union all -- the days of no count: who knows all others and the whole knows these
  select p.tenant, p.programme, null, d.local_date, d.delivered, d.told
  from (select distinct tenant, programme from counted) p join days d on d.tenant = p.tenant
  where not exists (select from counted c where (c.tenant, c.programme) = (p.tenant, p.programme)
    and d.local_date between c.first_date and c.last_date)),
sums as (
  select tenant, programme, count_id, count(local_date) - count(told) as days_hidden,
    facts.weight(sum(delivered)::bigint, count(local_date) - count(told), sum(told)::bigint) as weight
  from parts group by 1, 2, 3),
shown as (
  select tenant, programme, count_id, facts.is_told(days_hidden, weight, sum(weight) over lighter) as is_shown
  from sums
  window lighter as (partition by tenant, programme, days_hidden > 0 order by weight, count_id
    rows between unbounded preceding and 1 preceding))
select r.tenant, r.programme, r.first_date, r.last_date, r.recipients,
  case when s.is_shown then r.households end as households, case when s.is_shown then r.packets end as packets,
  case when s.is_shown then r.pieces end as pieces, not s.is_shown as is_suppressed
from facts.fct_recipients r join shown s using (tenant, programme, count_id);

create or replace view reporting.v1_trace as
select tenant, purchase_id, line_no, sku, unit_code, purpose, local_date, is_voided, bought, on_the_way, delivered, expired,
  over_delivered, in_stock, packets, damaged, withdrawn, opened, is_loose
from facts.line_now;

create or replace view reporting.v1_freshness as
select f.tenant, f.topic, f.last_event_at, f.last_applied_at,
  greatest(0, extract(epoch from f.last_applied_at - f.last_event_at))::numeric(12, 3) as lag_seconds,
  coalesce((select seen_at from facts.heartbeat), '-infinity') < now() - interval '60 seconds' as is_stale, now() as as_of_at
from facts.freshness f;

create or replace view reporting.v1_unit_tree as
with recursive tree as (
  select tenant, unit_code as root, unit_code from facts.dim_unit
  union all
  select tree.tenant, tree.root, below.unit_code from tree join facts.dim_unit below on below.parent_code = tree.unit_code),
sums as (
  select tree.root, count(*) - 1 as units_below, sum(u.headcount) filter (where u.is_active or u.purchases > 0) as headcount,
    sum(u.purchases)::bigint as purchases, sum(u.items)::bigint as items, sum(u.spend_idr)::bigint as spend_idr, sum(u.donated_idr)::bigint as donated_idr,
    sum(u.own_use_idr)::bigint as own_use_idr, sum(u.posts)::bigint as posts,
    sum(u.compliant_posts)::bigint as compliant_posts, max(u.last_purchase_date) as last_purchase_date,
    count(*) filter (where u.purchases = 0 and u.is_active) as units_without_purchase
  from tree join reporting.v1_unit_tally u using (unit_code) group by tree.root),
buyers as (
  select tree.root, count(distinct b.buyer_key) as buyers
  from tree join facts.unit_buyers b using (unit_code) where b.purchases > 0 group by tree.root)
select u.tenant, u.unit_code, u.name as unit_name, u.kind, u.parent_code, s.units_below, s.units_without_purchase,
  s.headcount, coalesce(b.buyers, 0) as buyers,
  round(100.0 * coalesce(b.buyers, 0) / nullif(s.headcount, 0), 2) as participation_percent,
  s.purchases, s.items, s.spend_idr, s.donated_idr, s.own_use_idr, s.posts, s.compliant_posts, s.last_purchase_date
from facts.dim_unit u join sums s on s.root = u.unit_code left join buyers b on b.root = u.unit_code;

create or replace view reporting.v1_participation_gap as
select tenant, unit_code, unit_name, kind, parent_code, headcount, buyers, participation_percent,
  target_percent, buyers_missing,
  buyers_missing * coalesce(round(spend_idr::numeric / nullif(buyers, 0)),
    round(sum(spend_idr) over city / nullif(sum(buyers) over city, 0)))::bigint as spend_missing_idr
from (select u.*, city.target_percent,
    greatest(0, ceil(u.headcount * city.target_percent / 100.0) - u.buyers)::bigint as buyers_missing
  from reporting.v1_unit_tally u
  cross join lateral (select round(100.0 * sum(o.buyers) / nullif(sum(o.headcount), 0), 2) as target_percent
    from reporting.v1_unit_tally o where o.tenant = u.tenant and o.is_active) city
  where u.is_active) u
window city as (partition by tenant);

create or replace view reporting.v1_seller_tally as
select t.tenant, t.seller_code, s.name as seller_name, s.channel, s.kelurahan, t.local_date, t.purchases, t.items,
  t.spend_idr, (sum(t.spend_idr) over running)::bigint as running_spend_idr
from facts.tally_seller_day t left join facts.dim_seller s using (tenant, seller_code)
window running as (partition by t.tenant, t.seller_code order by t.local_date);

create or replace view reporting.v1_seller_concentration as
select tenant, count(*) as sellers, count(*) filter (where spend_idr > 0) as sellers_with_turnover,
  sum(spend_idr)::bigint as spend_idr,
  round(100.0 * sum(spend_idr) filter (where place_from_top <= 10) / nullif(sum(spend_idr), 0), 2) as top10_percent,
  round(sum((2 * place - sellers - 1) * spend_idr) / nullif(count(*) * sum(spend_idr), 0), 4) as gini
from (select tenant, spend_idr, count(*) over (partition by tenant) as sellers,
    row_number() over (partition by tenant order by spend_idr) as place,
    row_number() over (partition by tenant order by spend_idr desc) as place_from_top
  from (select tenant, coalesce(t.spend_idr, 0) as spend_idr from facts.dim_seller
    full join (select tenant, seller_code, sum(spend_idr) as spend_idr from facts.tally_seller_day group by 1, 2) t
    using (tenant, seller_code)) turnover) ranked
group by tenant;

create or replace view reporting.v1_product_tally as
select t.tenant, t.sku, p.name as product_name, p.category, t.local_date, t.items, t.spend_idr,
  (sum(t.spend_idr) over running)::bigint as running_spend_idr
from facts.tally_product_day t left join facts.dim_product p using (tenant, sku)
window running as (partition by t.tenant, t.sku order by t.local_date);

create or replace view reporting.v1_speed as
select t.tenant, t.kelurahan, r.name as kelurahan_name, r.kecamatan_code, t.local_date, h.*, h.delivered is null as is_suppressed
from facts.tally_hours_day t join facts.dim_region r on r.region_code = t.kelurahan
left join facts.region_told d on (d.tenant, d.kelurahan, d.local_date) = (t.tenant, t.kelurahan, t.local_date)
left join lateral facts.hours_read(t.delivered, t.in_time, t.to_assign, t.to_deliver, t.in_all) h
  on t.households >= facts.fewest() and d.delivered is not null
where t.delivered > 0;

create or replace view reporting.v1_speed_city as
select t.tenant, t.local_date, h.*, h.delivered is null as is_suppressed
from facts.tally_hours_day t left join facts.city_told d using (tenant, local_date)
left join lateral facts.hours_read(t.delivered, t.in_time, t.to_assign, t.to_deliver, t.in_all) h
  on t.households >= facts.fewest() and d.delivered is not null
where t.kelurahan = '' and t.delivered > 0;
-- squawk-ignore ban-drop-view
drop view if exists facts.delivered_packet, facts.region_day_shown, facts.city_day_shown;
-- squawk-ignore ban-drop-function
drop function if exists facts.placed;

create or replace view reporting.v1_stock as
with soon as (select now() + interval '24 hours' as at),
expiring as (
  select l.tenant, l.kelurahan, l.sku, l.on_hand from soon join facts.fct_stock_line l on l.expires_at <= soon.at
  where l.on_hand <> 0
  union all
  select d.tenant, l.kelurahan, d.sku, l.on_hand from soon cross join facts.dim_product d
  cross join lateral (select l.kelurahan, l.on_hand from facts.fct_stock_line l
    where l.tenant = d.tenant and l.sku = d.sku and l.on_hand <> 0 and l.expires_at is null
      and l.purchased_at <= soon.at - make_interval(hours => d.shelf_life_hours) offset 0) l)
select t.tenant, t.kelurahan, r.name as kelurahan_name, t.sku, d.name as product_name, t.on_hand, t.reserved,
  coalesce(e.pieces, 0)::bigint as expiring_24h, t.expired
from facts.tally_stock t left join facts.dim_region r on r.region_code = t.kelurahan
left join facts.dim_product d on (d.tenant, d.sku) = (t.tenant, t.sku)
left join (select tenant, kelurahan, sku, sum(on_hand) as pieces from expiring group by 1, 2, 3) e
  on (e.tenant, e.kelurahan, e.sku) = (t.tenant, t.kelurahan, t.sku);

create or replace view reporting.v1_submission_quality as
select t.tenant, t.source, t.local_date, t.accepted, t.rejected::bigint as rejected,
  round(100.0 * t.rejected / (t.accepted + t.rejected), 2) as rejected_percent,
  coalesce(r.duplicates, 0)::bigint as duplicates, coalesce(r.rejected_by_reason, '{}') as rejected_by_reason,
  round(t.latency_seconds / 3600.0 / nullif(t.accepted, 0), 2) as mean_latency_hours
from facts.tally_source_day t
left join (select tenant, source, local_date, jsonb_object_agg(code, submissions) as rejected_by_reason,
    sum(submissions) filter (where code = 'DUPLICATE_CONFLICT') as duplicates
  from facts.tally_reason_day group by 1, 2, 3) r using (tenant, source, local_date);

create or replace view reporting.v1_data_quality as
select checked_at, seconds as check_seconds, is_whole, events, differences, by_tally,
  differences = 0 as is_right, checked_at < now() - interval '36 hours' as is_stale, late_changes
from facts.quality_check;
