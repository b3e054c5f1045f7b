-- migrate:up
create table webhooks (
  tenant text not null,
  webhook text not null,
  url text not null,
  secret bytea not null,
  steps text[] not null,
  added_at timestamptz not null,
  primary key (tenant, webhook)
);
comment on table webhooks is 'Where a city wants to be told of a packet''s steps: its WhatsApp or SMS gateway. Empty: nothing is sent';
comment on column webhooks.secret is 'Key of the signature, AES-256-GCM, bound to tenant and webhook';
comment on column webhooks.steps is 'planned, on_the_way, delivered, failed: those that are told';

create table webhook_messages (
  message_id uuid primary key,
  tenant text not null,
  webhook text not null,
  event_id uuid not null,
  body bytea not null,
  tries integer not null default 0,
  next_at timestamptz,
  last_error text not null default '',
  made_at timestamptz not null,
  foreign key (tenant, webhook) references webhooks on delete cascade
);
create index webhook_messages_due on webhook_messages (next_at) where next_at is not null;
create index webhook_messages_by_webhook on webhook_messages (tenant, webhook);
comment on table webhook_messages is 'What webhooks are still to be told; a row goes when its receiver has taken it';
comment on column webhook_messages.body is 'JSON as it is signed and sent; it names nobody';
comment on column webhook_messages.next_at is 'When it is tried next; null: given up, until an operator lets it be tried again';
comment on column webhook_messages.last_error is 'HTTP status or kind of failure of the last try; nothing that the receiver answered';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table webhook_messages, webhooks;
