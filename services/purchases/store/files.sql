-- name: append_file!
-- A file that was uploaded.
insert into files (file_id, tenant, source, sources, units, name_sealed, content_sealed, uploaded_at)
values (:file_id, :tenant, :source, :sources, :units, :name_sealed, :content_sealed, :now);

-- name: claim_file^
-- A file with work to do that nobody works on: the oldest of the source that was served longest ago, so that one source's
-- many files do not hold up another's. Its bytes only when they are to be read.
update files set leased_until = :until, claimed_at = :now where file_id = (
  select file_id from files as due where status in ('received', 'read', 'accepting') and leased_until < :now
  order by (select max(claimed_at) from files where tenant = due.tenant and source = due.source), uploaded_at
  limit 1 for update skip locked)
returning file_id, tenant, source, sources, units, status,
  case when status = 'received' then content_sealed else '' end as content_sealed;

-- name: count_unaccepted$
-- How many files of a source wait to be read, judged or accepted.
select count(*)::int from files
where tenant = :tenant and source = :source and status in ('received', 'read', 'previewed') and uploaded_at > :since;

-- name: renew_lease!
-- Its work goes on, or (a moment in the past) is laid down.
update files set leased_until = :until where file_id = :file_id;

-- name: save_status$
-- How far a file is; null when it was withdrawn meanwhile.
update files set status = :status, fault = :fault, fault_row = :fault_row, ignored = :ignored, changed_at = now()
where file_id = :file_id returning status;

-- name: move_status$
-- One step forward from a certain status; null when it is not there.
update files set status = :to_status, leased_until = '-infinity', changed_at = now()
where file_id = :file_id and status = :from_status returning status;

-- name: find_file^
-- A file of one source, without its bytes.
select file_id, name_sealed, status, fault, fault_row, ignored, uploaded_at, changed_at
from files where file_id = :file_id and tenant = :tenant and source = :source;

-- name: list_files
-- The files of one source, the newest first.
select file_id, name_sealed, status, fault, fault_row, ignored, uploaded_at, changed_at
from files where tenant = :tenant and source = :source order by uploaded_at desc limit 100;

-- name: delete_receipts!
-- Read anew: what was read before goes.
delete from file_receipts where file_id = :file_id;

-- name: append_receipts!
-- What a file tells.
insert into file_receipts (file_id, number, row_count, sealed)
select :file_id, * from unnest(:numbers::int[], :row_counts::int[], :sealed::bytea[]);

-- name: save_outcomes!
-- What the preview says.
update file_receipts r set outcome = n.outcome, told_by = n.told_by, wrong = n.wrong, hints = n.hints,
  purchase_id = n.purchase_id
from unnest(:numbers::int[], :outcomes::text[], :told_bys::text[], :wrongs::jsonb[], :hints::jsonb[], :purchase_ids::uuid[])
  as n (number, outcome, told_by, wrong, hints, purchase_id)
where r.file_id = :file_id and r.number = n.number;

-- name: save_results!
-- What happened.
update file_receipts r set result = n.result, told_by = n.told_by, wrong = n.wrong, purchase_id = n.purchase_id
from unnest(:numbers::int[], :results::text[], :told_bys::text[], :wrongs::jsonb[], :purchase_ids::uuid[])
  as n (number, result, told_by, wrong, purchase_id)
where r.file_id = :file_id and r.number = n.number;

-- name: list_receipts
-- All that a file tells.
select number, sealed from file_receipts where file_id = :file_id order by number;

-- name: list_due
-- What is not told yet, good or not, behind a number: nothing that is invalid disappears.
select number, sealed from file_receipts
where file_id = :file_id and number > :after and result = '' and outcome <> '' order by number limit :size;

-- name: list_page
-- A page of the preview; with `outcome` only those (an empty one: all), or only those that have hints.
select number, sealed, outcome, told_by, wrong::text as wrong, hints::text as hints, result, purchase_id from file_receipts
where file_id = :file_id and number > :after and (not :hinted::boolean or hints <> '[]')
  and (:outcome = '' or case when result = '' then outcome else result end = :outcome)
order by number limit :size;

-- name: list_refused
-- What was refused, by the preview or at last.
select number, sealed, wrong::text as wrong from file_receipts
where file_id = :file_id and 'rejected' in (outcome, result) order by number;

-- name: count_receipts
-- How many receipts and rows have which outcome, result and hints (their codes), in one look at each: a page that shows
-- how far a file is asks again and again.
select outcome, result, case hints when '[]' then '[]' else jsonb_path_query_array(hints, '$[*].code')::text end as hints,
  count(*)::int as receipts, sum(row_count)::int as rows
from file_receipts where file_id = :file_id group by 1, 2, 3;

-- name: withdraw_file$
-- A file goes with all its rows, unless it is accepted; whoever works on it finds nothing more to do.
delete from files where file_id = :file_id and status not in ('accepting', 'accepted') returning file_id;

-- name: delete_files
-- Files older than they may be kept.
delete from files where uploaded_at < :before returning file_id;
