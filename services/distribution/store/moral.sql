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

-- name: count_help^
-- Help that came to these kelurahan: packets at doors and their pieces; and notes that are shown in the city.
select (select count(*) from tasks where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and status = 'delivered')::int
    as packets,
  (select coalesce(sum(quantity), 0) from tasks join task_lines using (task_id)
    where tenant = :tenant and kelurahan = any(:kelurahans::text[]) and status = 'delivered')::int as pieces,
  (select count(*) from moral_notes where tenant = :tenant and is_shown)::int as notes;
