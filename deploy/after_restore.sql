-- After a restore the broker's queues are not those of the dump: tell the events of the last two days again.
insert into purchases.outbox (seq, aggregate)
select seq, aggregate from purchases.event_log
where recorded_at > (select max(recorded_at) - interval '2 days' from purchases.event_log)
on conflict do nothing;

insert into distribution.outbox (seq, aggregate)
select seq, aggregate from distribution.event_log
where recorded_at > (select max(recorded_at) - interval '2 days' from distribution.event_log)
on conflict do nothing;

-- without statistics of the new tables everything is slow until autovacuum has seen them
analyze;
