-- migrate:up
create table purchases (
  purchase_id uuid primary key,
  tenant text not null,
  source text not null,
  reference text not null,
  version integer not null constraint purchases_version_from_1 check (version >= 1),
  status text not null constraint purchases_status_known check (status in ('recorded', 'voided')),
  first_hash text not null,
  content_hash text not null,
  content jsonb not null,
  buyers_sealed bytea not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
create index purchases_by_reference on purchases (reference);
comment on index purchases_by_reference is 'A receipt is asked for by its number alone (peduli trace)';
create index purchases_by_unit on purchases (tenant, (content ->> 'unit_code'), (content ->> 'purchased_at'));
comment on table purchases is 'Every accepted purchase as it stands; (tenant, source, reference) names it for ever';
comment on column purchases.purchase_id is 'Derived from tenant, source and reference: the key itself makes a purchase unique';
comment on column purchases.tenant is 'City code without dots';
comment on column purchases.content is 'Body of the last recorded or corrected event: no personal data';
comment on column purchases.buyers_sealed is
  'NIP and amount of the buyer or the contributors, and the addresses of posts, as JSON, sealed and bound to purchase_id';

create table purchase_aliases (
  alias_id uuid primary key,
  purchase_id uuid not null references purchases,
  content_hash text not null
);
comment on table purchase_aliases is 'Other names of a purchase: another source told of the same receipt under its own (source, reference)';

create table receipts (
  receipt_id uuid primary key,
  purchase_id uuid not null
);
comment on table receipts is 'Which purchase a receipt (seller, unit, number, day, total) belongs to, so that it counts once whoever tells it';

create table pledges (
  pledge_id uuid primary key,
  tenant text not null,
  source text not null,
  unit_code text not null,
  programme text not null,
  round date not null,
  version integer not null constraint pledges_version_from_1 check (version >= 1),
  sum_idr bigint not null constraint pledges_sum_not_below_0 check (sum_idr >= 0),
  packets integer not null constraint pledges_packets_not_below_0 check (packets >= 0),
  is_late boolean not null,
  pledged_at timestamptz not null,
  changed_at timestamptz not null
);
create index pledges_by_unit on pledges (unit_code, round desc);
comment on table pledges is 'What a unit promises for a round (a week, named by its Monday), as it last said';

create table submissions (
  submission_id uuid primary key,
  purchase_id uuid not null,
  tenant text not null,
  kind text not null,
  source text not null,
  reference text not null,
  outcome text not null,
  reasons jsonb not null default '[]',
  raw_sealed bytea,
  told_by text not null default '',
  received_at timestamptz not null default now()
);
create index submissions_by_purchase on submissions (purchase_id, received_at);
create index submissions_refused_by_reference on submissions (reference) where outcome in ('rejected', 'waiting');
create index submissions_by_unit on submissions (tenant, source, reference, received_at) where source like '/unit/%';
create index submissions_with_raw on submissions (received_at) where raw_sealed is not null;
comment on table submissions is 'What became of everything that was sent, whatever the answer';
comment on column submissions.told_by is 'The source that had told of the same receipt before; empty otherwise';
comment on column submissions.tenant is 'City that it was sent under; it may be one that nobody serves';
comment on column submissions.raw_sealed is 'The body of what was rejected or waits, sealed, for 30 days: it can be mended and tried again';
comment on column purchases.status is 'recorded or voided';
comment on column purchases.first_hash is 'Hash of the content that recorded it: a late resend of that is known, too';
comment on column purchases.content_hash is 'Hash of the content as it stands';
comment on column purchase_aliases.content_hash is 'Hash of what was told under the other name';
comment on column submissions.kind is 'submitted, corrected or voided';
comment on column submissions.outcome is 'recorded, corrected, voided, known, waiting or rejected';
comment on column submissions.reasons is 'Every reason of a refusal: code, path, message';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table submissions, pledges, receipts, purchase_aliases, purchases;
