-- name: list_units_between
-- Every unit that was in use on the last of two days or had bought till then, or those of `units`, with what it bought
-- between them and its ASN on that day; posts count on the day of their purchase, pledges on the Monday of their round.
select u.unit_code, u.name as unit_name, u.kind, h.asn_count as headcount, coalesce(sum(d.purchases), 0)::int as purchases,
  coalesce(sum(d.items), 0)::int as pieces, coalesce(sum(d.spend_idr), 0)::bigint as spend_idr,
  coalesce(sum(d.donated_idr), 0)::bigint as donated_idr, coalesce(sum(d.own_use_idr), 0)::bigint as own_use_idr,
  coalesce(sum(d.posts), 0)::int as posts, coalesce(sum(d.compliant_posts), 0)::int as compliant_posts,
  coalesce(sum(d.posts_by_unit), 0)::int as posts_by_unit,
  coalesce((select sum(p.pledged_idr) from fct_pledge p
    where p.unit_code = u.unit_code and p.round between :first and :last), 0)::bigint as pledged_idr
from dim_unit u
join dim_unit_headcount h on h.unit_code = u.unit_code and h.valid_from <= :last and :last < h.valid_to
left join tally_unit_day d on d.unit_code = u.unit_code and d.local_date between :first and :last
where u.tenant = :tenant and (:units::text[] is null or u.unit_code = any(:units))
group by u.unit_code, u.name, u.kind, u.retired_from, h.asn_count
having u.retired_from is null or u.retired_from > :last or sum(d.purchases) > 0
order by u.kind = 'kelurahan', u.kind = 'kecamatan', u.name;

-- name: list_channels_between
-- Channels between two days.
select channel, sum(purchases)::int as purchases, sum(items)::int as pieces, sum(spend_idr)::bigint as spend_idr
from reporting.v1_channel_tally where tenant = :tenant and local_date between :first and :last
group by channel order by spend_idr desc, channel;

-- name: list_days_between
-- Money by day, of a city or of `units`.
select local_date, sum(spend_idr)::bigint as spend_idr from reporting.v1_unit_tally_daily
where tenant = :tenant and local_date between :first and :last and (:units::text[] is null or unit_code = any(:units))
group by local_date order by local_date;

-- name: list_places_between
-- Packets of each kelurahan between two days, hidden as in v1_distribution_place; null is hidden.
with steps as (
  select kelurahan, step, sum(count) as count, count(*) - count(shown) as hidden,
    weight(sum(count), count(*) - count(shown), sum(shown)) as weight, sum(pieces) as pieces
  from region_told cross join lateral (values
    ('assigned', all_assigned, assigned, null), ('delivered', all_delivered, delivered, pieces_delivered),
    ('failed', all_failed, failed, null), ('returned', all_returned, returned, null)) as told (step, count, shown, pieces)
  where tenant = :tenant and local_date between :first and :last group by kelurahan, step),
shown as (
  select kelurahan, step, count::int as count, pieces::int as pieces, is_told(hidden, weight, sum(weight) over lighter) as is_told
  from steps window lighter as (partition by step, hidden > 0 order by weight, kelurahan
    rows between unbounded preceding and 1 preceding))
select kelurahan, max(count) filter (where is_told and step = 'assigned') as assigned,
  max(count) filter (where is_told and step = 'delivered') as delivered, max(count) filter (where is_told and step = 'failed') as failed,
  max(count) filter (where is_told and step = 'returned') as returned, max(pieces) filter (where is_told) as pieces
from shown group by kelurahan order by kelurahan;

-- name: load_packets_between^
-- Packets of a whole city between two days; null is hidden.
select shown(coalesce(sum(assigned), 0)::bigint, 0, 0)::int as assigned,
  shown(coalesce(sum(delivered), 0)::bigint, 0, 0)::int as delivered,
  shown(coalesce(sum(returned), 0)::bigint, 0, 0)::int as returned
from city_day where tenant = :tenant and local_date between :first and :last;

-- name: list_recipients_between
-- Packets by who got them, of the counts whose weeks lie between two days; hidden ones are not among them.
select first_date, last_date, recipients, sum(packets)::int as packets, sum(pieces)::int as pieces
from reporting.v1_recipients
where tenant = :tenant and first_date >= :first and last_date <= :last and not is_suppressed
group by 1, 2, 3 order by 1, 2, 3;

-- name: load_pledges_between^
-- What was pledged, by all or by `units`, for the rounds that begin between two days.
select coalesce(sum(pledged_idr), 0)::bigint as pledged_idr, coalesce(sum(pledged_packets), 0)::int as pledged_packets
from reporting.v1_unit_round where tenant = :tenant and round between :first and :last and (:units::text[] is null or unit_code = any(:units));

-- name: load_as_of$
-- Up to when a city's numbers go.
select max(last_applied_at) from reporting.v1_freshness where tenant = :tenant;

-- name: claim_number!
-- Whoever issues a report of the city at the same moment waits until this transaction ends.
select pg_advisory_xact_lock(hashtext('peduli-report'), hashtext(:tenant));

-- name: issue_report$
-- Keep a report under the city's next number. It is claimed by a statement before, so that this one sees the last.
insert into issued_report (tenant, number, first_date, last_date, issued_at, as_of_at, content)
select :tenant, 1 + coalesce(max(number), 0), :first, :last, :issued_at, :as_of_at, :content::jsonb
from issued_report where tenant = :tenant returning number;

-- name: find_report^
-- A report as it was issued.
select number, first_date, last_date, issued_at, as_of_at, content::text as content
from issued_report where tenant = :tenant and number = :number;

-- name: list_reports
-- The reports that were issued last.
select number, first_date, last_date, issued_at, as_of_at, coalesce(content #>> '{unit,name}', '') as unit_name
from issued_report where tenant = :tenant order by number desc limit :size;
