-- name: append_note$
-- A note that waits for a reader; None when so many wait already. The same words are kept once.
insert into moral_notes (note_id, tenant, text, told_at)
select :note_id, :tenant, :text, :now
where (select count(*) from (select from moral_notes where tenant = :tenant and decided_at is null limit :most) as waiting) < :most
on conflict (note_id) do update set text = excluded.text returning note_id;

-- name: list_unread
-- Notes that nobody has read, the oldest first.
select note_id, text, told_at from moral_notes where tenant = :tenant and decided_at is null
order by told_at, note_id limit 50;

-- name: save_read$
-- A coordinator has read a note: it is shown to households, or to nobody; None when another has read it before.
update moral_notes set decided_by = :decided_by, decided_at = :now, is_shown = :is_shown
where tenant = :tenant and note_id = :note_id and decided_at is null returning note_id;

-- name: find_note_for$
-- One of the notes that may be shown: another one for each packet.
select text from moral_notes where tenant = :tenant and is_shown
order by md5(note_id::text || :task_id::uuid::text) limit 1;

-- name: append_acknowledgement!
-- The protocol was acknowledged once more.
insert into protocol_counts (tenant, place, day, period, version, acknowledged)
values (:tenant, :place, :day, :period, :version, 1)
on conflict (tenant, place, day, period, version) do update set acknowledged = protocol_counts.acknowledged + 1;

-- name: append_call!
-- A household was telephoned on a day; told twice, it is one.
insert into household_calls (household_id, day) values (:household_id, :day) on conflict do nothing;

-- name: list_calls
-- Days on which a household was telephoned.
select day from household_calls where household_id = :household_id order by day;

-- name: count_help^
-- Help that came to these kelurahan: packets at doors and their pieces; and apart from it, moral help: notes that are shown
-- in the city, days on which households were telephoned, and how often the protocol was acknowledged in these places.
select (select count(*) from tasks where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and status = 'delivered')::int
    as packets,
  (select coalesce(sum(quantity), 0) from tasks join task_lines using (task_id)
    where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and status = 'delivered')::int as pieces,
  (select count(*) from moral_notes where tenant = :tenant and is_shown)::int as notes,
  (select count(*) from household_calls join households using (household_id)
    where tenant = :tenant and kelurahan = any(:kelurahans::text[]))::int as calls,
  (select coalesce(sum(acknowledged), 0) from protocol_counts
    where tenant = :tenant and place = any(:places::text[]))::int as acknowledged;
