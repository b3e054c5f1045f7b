-- name: load_freshness^
-- Up to when a city's numbers go: the last event applied, and whether the consumer is away.
select max(last_applied_at) as as_of_at, coalesce(bool_or(is_stale), true) as is_stale
from reporting.v1_freshness where tenant = :tenant;

-- name: load_city^
-- A city at a glance: money, participation, posts. A retired unit counts, with its ASN, when it had bought while in use.
select count(*)::int as units, count(*) filter (where purchases > 0)::int as units_with_purchases,
  coalesce(sum(headcount), 0)::int as headcount, coalesce(sum(buyers), 0)::int as buyers,
  coalesce(sum(purchases), 0)::int as purchases, coalesce(sum(spend_idr), 0)::bigint as spend_idr,
  coalesce(sum(donated_idr), 0)::bigint as donated_idr, coalesce(sum(own_use_idr), 0)::bigint as own_use_idr,
  coalesce(sum(posts), 0)::int as posts, coalesce(sum(compliant_posts), 0)::int as compliant_posts
from reporting.v1_unit_tally where tenant = :tenant and (is_active or purchases > 0);

-- name: load_packets^
-- What became of a city's packets; null is hidden.
select assigned, delivered, failed, returned, pieces_delivered from reporting.v1_distribution_total where tenant = :tenant;

-- name: list_kelurahan
-- Packets and active households of each kelurahan that had any; null is hidden.
select kelurahan, assigned, delivered, failed, returned, active_households
from reporting.v1_distribution_place where tenant = :tenant order by kelurahan;

-- name: list_kelurahan_days
-- Days of one kelurahan; null is hidden.
select local_date, assigned, accepted, delivered, failed, returned
from reporting.v1_distribution_tally where tenant = :tenant and kelurahan = :kelurahan order by local_date;

-- name: list_channels
-- Channels side by side, the largest first.
select channel, sum(purchases)::int as purchases, sum(items)::bigint as items, sum(spend_idr)::bigint as spend_idr
from reporting.v1_channel_tally where tenant = :tenant group by channel order by spend_idr desc, channel;

-- name: list_city_days
-- Money of a city by day.
select local_date, sum(spend_idr)::bigint as spend_idr from reporting.v1_channel_tally
where tenant = :tenant group by local_date order by local_date;

-- name: list_units
-- Units of a city that are in use, by kind and rank.
select unit_code, unit_name, kind, headcount, buyers, participation_percent::float as participation_percent, purchases::int as purchases,
  spend_idr, rank_in_kind::int as rank_in_kind
from reporting.v1_unit_tally where tenant = :tenant and is_active
order by kind = 'kelurahan', kind = 'kecamatan', rank_in_kind, unit_name;

-- name: find_unit^
-- One unit.
select unit_code, unit_name, kind, headcount, buyers, participation_percent::float as participation_percent, purchases::int as purchases,
  items::bigint as pieces, spend_idr, donated_idr, own_use_idr, posts::int as posts, compliant_posts::int as compliant_posts,
  rank_in_kind::int as rank_in_kind, last_purchase_date, is_active
from reporting.v1_unit_tally where tenant = :tenant and unit_code = :unit_code;

-- name: list_unit_days
-- Days of one unit.
select local_date, spend_idr from reporting.v1_unit_tally_daily
where tenant = :tenant and unit_code = :unit_code order by local_date;

-- name: list_receipts
-- What a unit bought between two days, the last first, and how many pieces of each came to a door.
select p.purchase_id, p.purchased_at, coalesce(s.name, p.seller_code) as seller_name, p.purpose, p.items as pieces, p.total_idr,
  p.is_voided, p.version, (select sum(t.delivered) from reporting.v1_trace t where t.purchase_id = p.purchase_id)::int as delivered
from fct_purchase p left join dim_seller s on (s.tenant, s.seller_code) = (p.tenant, p.seller_code)
where p.tenant = :tenant and p.unit_code = :unit_code and p.local_date between :first and :last
order by p.purchased_at desc, p.purchase_id limit :size;

-- name: list_unit_rounds
-- The last rounds of one unit: pledged beside bought.
select round, programme, pledged_idr, pledged_packets, is_late, donated_idr, buyers::int as buyers
from reporting.v1_unit_round where tenant = :tenant and unit_code = :unit_code order by round desc, programme limit 8;

-- name: list_round_pledges
-- Every unit in use, or that pledged, with what it pledged for a round in all programmes; late when one of them was.
select u.unit_code, u.unit_name, u.kind, sum(r.pledged_idr)::bigint as pledged_idr,
  sum(r.pledged_packets)::int as pledged_packets, bool_or(r.is_late) as is_late
from reporting.v1_unit_tally u left join reporting.v1_unit_round r on r.unit_code = u.unit_code and r.round = :round
where u.tenant = :tenant and (u.is_active or r.pledged_idr is not null) group by u.unit_code, u.unit_name, u.kind order by u.unit_name;

-- name: load_round^
-- A round of a whole city: pledged beside bought, and how many units bought.
select coalesce(sum(pledged_idr), 0)::bigint as pledged_idr, coalesce(sum(pledged_packets), 0)::int as pledged_packets,
  coalesce(sum(donated_idr), 0)::bigint as donated_idr, count(distinct unit_code) filter (where purchases > 0)::int as buying
from reporting.v1_unit_round where tenant = :tenant and round = :round;

-- name: list_need
-- Kelurahan with households in isolation now, and how many of these had no packet, those where most wait first; null is
-- hidden. A kelurahan that never got a packet is here too, and in no view of packets.
select h.kelurahan, r.name, case when h.is_shown then h.households end::int as households,
  case when h.is_shown and h.is_coverage_shown then h.households - h.covered end::int as unmet
from household_now h join dim_region r on r.region_code = h.kelurahan where r.tenant = :tenant
order by unmet desc nulls last, r.name;

-- name: list_sellers
-- What each UMKM with a purchase earned, those who earned most first.
select seller_code, coalesce(min(seller_name), seller_code) as seller_name, min(channel) as channel,
  sum(purchases)::int as purchases, sum(items)::bigint as pieces, sum(spend_idr)::bigint as spend_idr,
  max(local_date) filter (where purchases > 0) as last_date
from reporting.v1_seller_tally where tenant = :tenant group by seller_code order by spend_idr desc, seller_name;

-- name: load_concentration^
-- Whether turnover is spread.
select sellers::int as sellers, sellers_with_turnover::int as sellers_with_turnover, top10_percent::float as top10_percent,
  gini::float as gini from reporting.v1_seller_concentration where tenant = :tenant;

-- name: list_city_speed
-- How fast packets came on each day from :first on; the latest day first.
select local_date, delivered::int as delivered, hours_to_assign_p50::float as hours_to_assign_p50,
  hours_to_deliver_p50::float as hours_to_deliver_p50, hours_in_all_p50::float as hours_in_all_p50,
  hours_in_all_p90::float as hours_in_all_p90, in_time_percent::float as in_time_percent, is_suppressed
from reporting.v1_speed_city where tenant = :tenant and local_date >= :first order by local_date desc;

-- name: list_kelurahan_speed
-- Packets that came in time to each kelurahan from :first on, on days with enough households to tell of.
select kelurahan, min(kelurahan_name) as kelurahan_name, coalesce(sum(delivered), 0)::int as delivered,
  coalesce(sum(round(delivered * in_time_percent / 100)), 0)::int as in_time, max(hours_in_all_p90)::float as slowest_p90
from reporting.v1_speed where tenant = :tenant and local_date >= :first and not is_suppressed
group by kelurahan order by sum(delivered * in_time_percent) / sum(delivered), kelurahan;

-- name: load_last_delivery$
-- The last day on which a packet came.
select max(local_date) from reporting.v1_distribution_city where tenant = :tenant and delivered is distinct from 0;

-- name: list_topics
-- How fresh each kind of event is.
select topic, last_event_at, last_applied_at, lag_seconds::float as lag_seconds, is_stale
from reporting.v1_freshness where tenant = :tenant order by topic;

-- name: list_checks
-- What the last nightly checks found.
select checked_at, check_seconds::float as check_seconds, is_whole, events, differences, by_tally, is_right, is_stale,
  late_changes
from reporting.v1_data_quality order by checked_at desc limit 14;

-- name: list_sources
-- What each source told: recorded, refused, and how late.
select source, sum(accepted)::int as accepted, sum(rejected)::int as rejected, sum(duplicates)::int as duplicates,
  (sum(mean_latency_hours * accepted) / nullif(sum(accepted), 0))::float as mean_latency_hours
from reporting.v1_submission_quality where tenant = :tenant group by source order by rejected desc, source;

-- name: list_reasons
-- Why submissions were refused, the commonest reason first.
select reason.code, sum(reason.times::int)::int as times
from reporting.v1_submission_quality q cross join lateral jsonb_each_text(q.rejected_by_reason) as reason (code, times)
where q.tenant = :tenant group by 1 order by 2 desc, 1 limit 10;
