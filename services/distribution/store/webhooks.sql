-- name: save_webhook!
-- A webhook of a city, or its new address, secret and steps.
insert into webhooks (tenant, webhook, url, secret, steps, added_at)
values (:tenant, :webhook, :url, :secret, :steps, :now)
on conflict (tenant, webhook) do update set url = excluded.url, secret = excluded.secret, steps = excluded.steps;

-- name: delete_webhook$
-- A webhook that is told nothing any more, nor what waits for it; None when there was none.
delete from webhooks where tenant = :tenant and webhook = :webhook returning webhook;

-- name: list_webhooks
-- Webhooks of a city, with how many messages wait for each, and how many were given up.
select webhook, url, steps, added_at,
  (select count(*) from webhook_messages m where m.tenant = w.tenant and m.webhook = w.webhook and next_at is not null)::int
    as waiting,
  (select count(*) from webhook_messages m where m.tenant = w.tenant and m.webhook = w.webhook and next_at is null)::int
    as given_up
from webhooks w where tenant = :tenant order by webhook;

-- name: list_given_up
-- Messages that were tried often enough, the oldest first.
select message_id, webhook, convert_from(body, 'UTF8')::jsonb ->> 'type' as type, tries, last_error, made_at
from webhook_messages where tenant = :tenant and next_at is null order by made_at, message_id limit 500;

-- name: count_given_up
-- How many messages were given up, by city and webhook.
select tenant, webhook, count(*)::int as messages from webhook_messages where next_at is null
group by tenant, webhook order by tenant, webhook;

-- name: delete_given_up
-- Messages of a webhook that were given up are forgotten.
delete from webhook_messages where tenant = :tenant and webhook = :webhook and next_at is null returning message_id;

-- name: save_retried
-- Messages of a webhook that were given up are tried anew.
update webhook_messages set tries = 0, next_at = :now
where tenant = :tenant and webhook = :webhook and next_at is null returning message_id;

-- name: append_messages!
-- What webhooks of a city are to be told; nothing where it has none.
insert into webhook_messages (message_id, tenant, webhook, event_id, body, next_at, made_at)
select gen_random_uuid(), w.tenant, w.webhook, event_id, body, :now, :now
from unnest(:event_ids::uuid[], :steps::text[], :bodies::bytea[]) as told (event_id, step, body)
join webhooks w on w.tenant = :tenant and told.step = any(w.steps);

-- name: claim_messages
-- Messages that are due, as one try more; who has them has them for a while, and should he die another tries again.
update webhook_messages m set tries = tries + 1, next_at = :until from webhooks w
where w.tenant = m.tenant and w.webhook = m.webhook and m.message_id in (
  select message_id from webhook_messages where next_at <= :now order by next_at, message_id limit :size
  for update skip locked)
returning m.message_id, m.tenant, m.webhook, m.body, m.tries, w.url, w.secret;

-- name: delete_taken!
-- Its receiver has taken it.
delete from webhook_messages where message_id = :message_id;

-- name: save_failed!
-- Its receiver has not taken it: when it is tried next (null: given up), and what went wrong.
update webhook_messages set next_at = :next_at, last_error = :error where message_id = :message_id;
