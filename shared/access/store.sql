-- name: list_active
-- Everybody whose token is good, or whose queue is still read.
select tenant, name, role, sources, units, token_hash, previous_token_hash, previous_until, generation,
       requests_per_minute, purchases_per_minute, has_queue, revoked_at
from principals where revoked_at is null or has_queue;

-- name: list_principals
-- Everybody who ever had a token, without its hashes.
select tenant, name, role, sources, units, requests_per_minute, purchases_per_minute, queue_length, has_queue,
       generation, created_at, rotated_at, previous_until, revoked_at
from principals where tenant = :tenant order by role, name;

-- name: claim_principal^
-- One of them, held against another operator.
select tenant, name, role, sources, units, requests_per_minute, purchases_per_minute, queue_length, has_queue,
       generation, created_at, rotated_at, previous_until, revoked_at
from principals where tenant = :tenant and name = :name for update;

-- name: append_principal!
-- A new one; a name that is taken breaks the primary key.
insert into principals (tenant, name, role, sources, units, token_hash, requests_per_minute, purchases_per_minute,
                        queue_length, has_queue)
values (:tenant, :name, :role, :sources, :units, :token_hash, :requests_per_minute, :purchases_per_minute,
        :queue_length, :has_queue);

-- name: save_principal!
-- What it may do from now on.
update principals set sources = :sources, units = :units, requests_per_minute = :requests_per_minute,
  purchases_per_minute = :purchases_per_minute
where tenant = :tenant and name = :name;

-- name: save_token!
-- A new token; the one before is good until `previous_until`.
update principals set previous_token_hash = token_hash, previous_until = :previous_until, token_hash = :token_hash,
  generation = generation + 1, rotated_at = :now
where tenant = :tenant and name = :name;

-- name: save_previous_ended!
-- Nothing of the previous token is left.
update principals set previous_token_hash = null, previous_until = null where tenant = :tenant and name = :name;

-- name: save_revoked!
-- No token of it is good any more.
update principals set revoked_at = coalesce(revoked_at, :now), previous_token_hash = null, previous_until = null
where tenant = :tenant and name = :name;

-- name: save_queue!
-- It has a queue from now on, of so many messages.
update principals set queue_length = :queue_length, has_queue = true where tenant = :tenant and name = :name;

-- name: save_has_queue!
-- Whether a lane reads its queue.
update principals set has_queue = :has_queue where tenant = :tenant and name = :name;
