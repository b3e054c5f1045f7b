-- name: load_freshness^
-- Up to when a city's numbers go: the last event applied, and whether the consumer is away.
select max(last_applied_at) as as_of_at, coalesce(bool_or(is_stale), true) as is_stale
from reporting.v1_freshness where tenant = :tenant;

-- name: load_city^
-- A city at a glance: money, participation, posts.
select count(*) filter (where is_active)::int as units, count(*) filter (where is_active and purchases > 0)::int as units_with_purchases,
  coalesce(sum(headcount) filter (where is_active), 0)::int as headcount, coalesce(sum(buyers), 0)::int as buyers,
  coalesce(sum(purchases), 0)::int as purchases, coalesce(sum(spend_idr), 0)::bigint as spend_idr,
  coalesce(sum(donated_idr), 0)::bigint as donated_idr, coalesce(sum(own_use_idr), 0)::bigint as own_use_idr,
  coalesce(sum(posts), 0)::int as posts, coalesce(sum(compliant_posts), 0)::int as compliant_posts
from reporting.v1_unit_tally where tenant = :tenant;

-- name: load_packets^
-- What became of a city's packets.
select coalesce(sum(assigned), 0)::int as assigned, coalesce(sum(delivered), 0)::int as delivered,
  coalesce(sum(failed), 0)::int as failed, coalesce(sum(returned), 0)::int as returned,
  coalesce(sum(pieces_delivered), 0)::bigint as pieces_delivered
from reporting.v1_distribution_tally where tenant = :tenant;

-- name: list_kelurahan
-- Packets and active households of each kelurahan that had any.
select kelurahan, min(kelurahan_name) as kelurahan_name, min(kecamatan_code) as kecamatan_code,
  sum(assigned)::int as assigned, sum(delivered)::int as delivered, sum(failed)::int as failed,
  sum(returned)::int as returned, min(active_households)::int as active_households, bool_or(is_suppressed) as is_suppressed
from reporting.v1_distribution_tally where tenant = :tenant group by kelurahan order by kelurahan;

-- name: list_kelurahan_days
-- Days of one kelurahan.
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

-- name: list_unit_rounds
-- The last rounds of one unit: pledged beside bought.
select round, programme, pledged_idr, pledged_packets, is_late, donated_idr, buyers::int as buyers
from reporting.v1_unit_round where tenant = :tenant and unit_code = :unit_code order by round desc, programme limit 8;
