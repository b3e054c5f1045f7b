-- name: create_cursors#
-- Survive a kill, so that a rebuild goes on where it was; a crash of the server empties them with the shadow's tables.
create unlogged table if not exists rebuild_read (part text primary key, seq bigint not null);

-- name: load_cursor$
-- How far a part of a log was read into the shadow.
select seq from rebuild_read where part = :part;

-- name: save_cursor!
-- This far a part of a log was read, in the transaction of its effect.
insert into rebuild_read (part, seq) values (:part, :seq) on conflict (part) do update set seq = excluded.seq;

-- name: copy_cities!
-- The shadow counts days in the zones of the cities; their other reference data it does not need.
insert into ref_cities select * from facts.ref_cities on conflict (tenant) do update set time_zone = excluded.time_zone;

-- name: count_stock#
-- What lies in the lumbung, by the facts.
analyze fct_purchase, fct_purchase_line, fct_stock_change;
truncate fct_stock_line, tally_stock;
insert into fct_stock_line select * from stock_line_now;
insert into tally_stock
select tenant, kelurahan, sku, count(*), sum(on_hand), sum(reserved), sum(expired) from fct_stock_line group by 1, 2, 3;

-- name: count_hours#
-- How long packets took, by the facts.
analyze fct_task, fct_task_line, fct_household;
truncate fct_delivery, tally_hours_day;
insert into fct_delivery select * from delivery_now;
insert into tally_hours_day select * from hours_counted;

-- name: claim_queue!
-- Hold the lane back while shadow and facts change places.
select pg_advisory_xact_lock(hashtext('peduli-lane'), hashtext(:queue));
