-- name: load_overview^
-- All in one row: purchases, pieces and rupiah that stand, and what became of the packets.
select p.*, t.*, r.*, (select count(*) from fct_rejection)::int as rejected,
  (select count(*) from fct_task where status in ('assigned', 'accepted'))::int as open_tasks
from (select count(*) filter (where not is_voided)::int as purchases, count(*) filter (where is_voided)::int as voided,
    count(*) filter (where not is_voided and version > 1)::int as corrected from fct_purchase) p,
  (select coalesce(sum(items), 0)::int as pieces, coalesce(sum(spend_idr), 0)::bigint as spend_idr from tally_unit_day) t,
  (select coalesce(sum(assigned), 0)::int as assigned, coalesce(sum(accepted), 0)::int as accepted,
    coalesce(sum(delivered), 0)::int as delivered, coalesce(sum(failed), 0)::int as failed,
    coalesce(sum(returned), 0)::int as returned, coalesce(sum(recalled), 0)::int as recalled,
    coalesce(sum(pieces_delivered), 0)::int as pieces_delivered
  from tally_region_day) r;

-- name: list_top_units
-- The units that spent most.
select unit_code, unit_name, buyers, headcount, participation_percent::float as participation_percent, spend_idr
from reporting.v1_unit_tally where purchases > 0 order by spend_idr desc, unit_code limit :size;
