-- name: find_end$
-- The last event of the log as it is now.
select coalesce(max(seq), 0) from event_log;

-- name: claim_sealing$
-- One seals at a time; the others find its work done.
select pg_try_advisory_xact_lock(hashtext('peduli-seal'), hashtext(current_schema()));

-- name: find_last^
-- The last block that is sealed.
select block, last_seq, digest from seals order by block desc limit 1;

-- name: reckon_block^
-- The next events behind a place: how many, where they end, the digest that follows, and their marks. `record_send` is a
-- row in binary, each value with its length, whatever the session has set; the columns are named, so that another may come.
with hashed as (
  select seq, sha256(record_send(row(
    seq, event_id, aggregate, version, type, routing_key, headers, body, recorded_at))) as hash
  from event_log where seq > :after and seq <= :until order by seq limit :most)
select count(*)::int as events, max(seq) as last_seq,
  sha256(:previous::bytea || string_agg(hash, ''::bytea order by seq)) as digest,
  coalesce(string_agg(int8send(seq) || substr(hash, 1, 4), ''::bytea order by seq), '') as marks
from hashed;

-- name: save_seal!
-- A block is as it is from now on.
insert into seals (block, last_seq, digest, marks) values (:block, :last_seq, :digest, :marks);

-- name: list_seals
-- Every block in order, without the marks of its events.
select block, last_seq, digest from seals order by block;

-- name: load_marks$
-- The marks of a block's events.
select marks from seals where block = :block;

-- name: count_behind$
-- How many events are not sealed yet.
select count(*) from event_log where seq > :after;
