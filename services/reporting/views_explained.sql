-- What each published view and column means, and who may read: run after views.sql, whenever that is.
comment on view reporting.v1_unit_tally is 'One row per unit kerja: participation, spending, posts';
comment on view reporting.v1_unit_tally_daily is 'One row per unit kerja and local date, with running totals; sums to v1_unit_tally';
comment on view reporting.v1_post_tally is 'One row per unit kerja, local date of the purchase and who posted: posts by its ASN and by the unit itself; sums to v1_unit_tally_daily';
comment on view reporting.v1_unit_round is 'One row per unit kerja, programme and round: what was pledged beside what was bought';
comment on view reporting.v1_channel_tally is 'One row per city, channel of its programme and local date';
comment on view reporting.v1_distribution_tally is 'One row per kelurahan and local date: what happened to packets that day; 1 to 4 are hidden, and what would give them away';
comment on view reporting.v1_distribution_city is 'One row per city and local date: v1_distribution_tally of all kelurahan together, because what is hidden there cannot be summed';
comment on view reporting.v1_distribution_place is 'One row per kelurahan: what happened to its packets since the programme began, and its households in isolation now';
comment on view reporting.v1_distribution_total is 'One row per city: what happened to all its packets since the programme began; what is hidden by day is in it';
comment on view reporting.v1_recipients is 'One row per programme, count and group: packets that came in whole weeks to warga and to aparatur. A count has 5 households of warga, and of aparatur 5 or none: until then the next week is counted with it';
comment on view reporting.v1_trace is 'One row per purchase line: from rupiah to doorstep, in pieces; bought + over_delivered = on_the_way + delivered + expired + damaged + withdrawn + opened + in_stock';
comment on view reporting.v1_freshness is 'How fresh each topic of each city is: purchase, pledge, household, task, lot, recipients, and seller, product, unit of its registry';
comment on view reporting.v1_unit_tree is 'One row per unit kerja with all units below it rolled up: a camat''s view. Buyers are counted once in the whole tree';
comment on view reporting.v1_participation_gap is 'One row per active unit kerja: its distance to the mean of its city, and what would close it';
comment on view reporting.v1_seller_tally is 'One row per UMKM or koperasi and local date with a purchase: which seller earned what';
comment on view reporting.v1_seller_concentration is 'One row per city: how concentrated turnover is among its sellers, those without turnover included';
comment on view reporting.v1_product_tally is 'One row per product and local date with a purchase; sums to v1_unit_tally';
comment on view reporting.v1_speed is 'One row per kelurahan and local date of delivery: hours from purchase to assignment to door; hidden below 5 households';
comment on view reporting.v1_speed_city is 'One row per city and local date of delivery: v1_speed of all kelurahan together, because medians cannot be summed';
comment on view reporting.v1_stock is 'One row per kelurahan and product that was ever donated there: pieces in the lumbung now';
comment on view reporting.v1_submission_quality is 'One row per source and local date of telling: accepted, rejected and why, and how late';
comment on view reporting.v1_data_quality is 'One row per check, each night: the tallies recomputed from the facts, and the facts from the owners'' logs';
do $$
declare item record;
begin
  for item in
    select * from (values
      ('programme', 'The cause that the goods are for'), ('first_date', 'Monday with which the count begins'),
      ('last_date', 'Sunday with which the count ends'), ('recipients', 'warga, or aparatur: households of civil servants'),
      ('households', 'Households of the group that got a packet in these weeks, each once: not to be summed over counts. Null where a day of few packets could be reckoned from it'),
      ('pieces', 'Pieces in these packets; null where households is'), ('round', 'Monday that opens the round (a week)'),
      ('pledged_idr', 'Pledged sum, in whole rupiah; null without a pledge'),
      ('pledged_packets', 'Pledged packets; null without a pledge'),
      ('is_late', 'True when the first pledge came at Thursday 16.00 or later'), ('pledged_at', 'When it was first pledged'),
      ('tenant', 'City code without dots: 3276 is Depok'), ('unit_code', 'Code of the unit kerja'), ('unit_name', 'Name of the unit kerja'), ('kind', 'opd, kecamatan or kelurahan'),
      ('parent_code', 'Unit above it; empty at the top'), ('is_active', 'False when the unit is retired; it has no rank then'),
      ('retired_from', 'First day on which the unit is retired; null: in use'),
      ('headcount', 'ASN of the unit: today, on that day, or on the Monday of that round (an estimate in the cities that come with the code)'),
      ('buyers', 'Distinct ASN with a purchase that stands: ever, on that day, or in that round'), ('participation_percent', 'buyers / headcount, in percent'),
      ('purchases', 'Purchases that stand'), ('items', 'Pieces bought'), ('spend_idr', 'Money spent, in whole rupiah'),
      ('spend_per_asn_idr', 'spend_idr / headcount, in whole rupiah'), ('donated_idr', 'Spent on goods for households in need'),
      ('own_use_idr', 'Spent on goods for own use'), ('posts', 'Posts told with the purchases'), ('posted_by', 'asn: an ASN of the unit on his own page; unit: the unit on its own'),
      ('compliant_posts', 'Posts with all hashtags of the programme'), ('hashtag_compliance_percent', 'compliant_posts / posts, in percent'),
      ('rank_in_kind', 'Rank by participation among units of its kind in the city'), ('last_purchase_date', 'Local date of the last purchase'),
      ('local_date', 'Calendar day in the city''s own time zone (WIB, WITA or WIT)'), ('running_spend_idr', 'spend_idr up to this day'),
      ('running_purchases', 'purchases up to this day'), ('channel', 'Channel of the city''s programme'),
      ('kelurahan', 'Code of the kelurahan'), ('kelurahan_name', 'Name of the kelurahan'),
      ('kecamatan_code', 'Code of its kecamatan'), ('assigned', 'Packets assigned, again included; of packets 1 to 4 are null, and what would give them away'),
      ('delivered', 'Delivered: packets in a tally, pieces in a trace; of v1_speed null below 5 households too'),
      ('failed', 'Failed tries'), ('returned', 'Packets brought back'), ('recalled', 'Packets recalled'),
      ('pieces_delivered', 'Pieces delivered; null where delivered is'), ('active_households', 'Households in isolation now; null below 5'),
      ('is_suppressed', 'True when a cell about fewer than 5 households is hidden'), ('purchase_id', 'Id of the purchase'),
      ('line_no', 'Line of the receipt, from 1'), ('sku', 'Code of the product'), ('purpose', 'donation or own_use'),
      ('is_voided', 'True when the purchase was taken back'), ('bought', 'Pieces bought now, after corrections; of loose goods what came out of kits'),
      ('on_the_way', 'Pieces in packets not yet at a door'), ('expired', 'Pieces that spoilt in the lumbung'),
      ('damaged', 'Pieces that broke, or were too long out of the cold'), ('withdrawn', 'Pieces that an officer took out of stock, or found missing'),
      ('over_delivered', 'Pieces taken back on paper after they had left'), ('in_stock', 'Pieces in the lumbung'),
      ('opened', 'Kits that were taken apart: what was in them are lines of their own'),
      ('is_loose', 'True for what came out of opened kits: no receipt has this line, and it has no price'),
      ('packets', 'Packets with pieces of this line'), ('topic', 'Kind of aggregate'),
      ('last_event_at', 'Time of the latest event applied'), ('last_applied_at', 'When it was applied'),
      ('lag_seconds', 'last_applied_at - last_event_at, in seconds'), 
      ('units_below', 'Units below it, at any depth'), ('units_without_purchase', 'Active units of the tree, itself included, without a purchase'),
      ('target_percent', 'Participation of all active units of its city together, in percent'),
      ('buyers_missing', 'ASN who would have to buy for the unit to reach the target'),
      ('spend_missing_idr', 'What they would spend as the unit''s buyers do (as the city''s, where it has none), in whole rupiah'),
      ('seller_code', 'Code of the UMKM or koperasi'), ('seller_name', 'Name of its shop; null when the registry does not know it'),
      ('sellers', 'Sellers in the registry or with turnover'), ('sellers_with_turnover', 'Sellers with turnover that stands'),
      ('top10_percent', 'Share of turnover of the ten sellers that sold most, in percent'),
      ('gini', 'Gini coefficient of turnover over all sellers: 0 all alike, near 1 one has it all; null without turnover'),
      ('product_name', 'Name of the product; null when the catalogue does not know it'), ('category', 'Category of the catalogue'),
      ('hours_to_assign_p50', 'Median hours from a packet''s earliest purchase to its first assignment. As all hours here it is read from buckets of a quarter of an hour up to 6 hours, an hour up to 2 days, 3 hours up to a week, a day up to 30 days, and right to half of that; 720 stands for more'),
      ('hours_to_assign_p90', 'The same, 90th percentile'), ('hours_to_deliver_p50', 'Median hours from first assignment to the door'),
      ('hours_to_deliver_p90', 'The same, 90th percentile'), ('hours_in_all_p50', 'Median hours from a packet''s earliest purchase to the door'),
      ('hours_in_all_p90', 'The same, 90th percentile'),
      ('in_time_percent', 'Packets at the door before the isolation ended, in percent of those delivered'),
      ('on_hand', 'Pieces in the lumbung, reserved ones included'), ('reserved', 'Pieces of on_hand in packets that wait for a team'),
      ('expiring_24h', 'Pieces of on_hand that spoil within 24 hours, or should have been taken out'),
      ('covered_households', 'Of active_households, those with a packet delivered; null where fewer than 5 are told apart'),
      ('coverage_percent', 'covered_households / active_households, in percent; null where fewer than 5 are told apart'),
      ('unmet_households', 'active_households - covered_households; null where fewer than 5 are told apart'),
      ('source', 'Who told it, as in ce-source'), ('rejected', 'Submissions refused that day'),
      ('rejected_percent', 'rejected / (accepted + rejected), in percent'),
      ('duplicates', 'Refused because a receipt was told again with another content; told again alike is no event'),
      ('rejected_by_reason', 'Submissions refused by code of reason; one may have several: docs/reference/reasons.md'),
      ('mean_latency_hours', 'Mean hours from purchase to recording; null without accepted purchases'),
      ('checked_at', 'When the check began'), ('check_seconds', 'How long it took, in seconds'),
      ('is_whole', 'True when the owners'' logs were compared too'),
      ('events', 'Events of the owners'' logs that were compared; 0 when they could not be read'), ('differences', 'Differences found'),
      ('late_changes', 'Days that corrections and voids changed since the check before, after they were over: {city and day: count}'),
      ('by_tally', 'Differences by table: {table: count}'), ('is_right', 'True when there were none'),
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
comment on column reporting.v1_distribution_tally.accepted is 'Packets accepted by a team';
comment on column reporting.v1_distribution_city.accepted is 'Packets accepted by a team';
comment on column reporting.v1_distribution_place.accepted is 'Packets accepted by a team';
comment on column reporting.v1_distribution_total.accepted is 'Packets accepted by a team';
comment on column reporting.v1_submission_quality.accepted is 'Purchases recorded that day, whatever became of them later';
comment on column reporting.v1_freshness.is_stale is 'True when the consumer was not seen for 60 s';
comment on column reporting.v1_data_quality.is_stale is 'True when the check is older than 36 hours';
comment on column reporting.v1_recipients.packets is 'Packets that came to their doors; null where households is';
grant usage on schema reporting to dashboard_reader;
grant select on all tables in schema reporting to dashboard_reader;
