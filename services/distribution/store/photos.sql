-- name: begin_photo!
-- A photo is announced; nothing of it has come.
insert into photos (task_id, digest, team, size, changed_at) values (:task_id, :digest, :team, :size, :now)
on conflict (task_id, team, digest) do nothing;

-- name: claim_photo^
-- A photo as far as it has come, locked.
select size, sealed, received, is_whole from photos where task_id = :task_id and team = :team and digest = :digest for update;

-- name: save_photo!
-- A photo with one more piece.
update photos set sealed = :sealed, received = :received, is_whole = :is_whole, changed_at = :now
where task_id = :task_id and team = :team and digest = :digest;

-- name: delete_photo!
-- A photo that was not what it said it was.
delete from photos where task_id = :task_id and team = :team and digest = :digest and not is_whole;

-- name: find_received$
-- How many bytes of a photo have come.
select received from photos where task_id = :task_id and team = :team and digest = :digest;

-- name: list_whole
-- Photos of a task that have come from a team in full.
select digest from photos where task_id = :task_id and team = :team and is_whole;

-- name: delete_old_photos!
-- Photos that nobody needs any more; the proof's hash stays with the task.
delete from photos where changed_at < :before;
