-- migrate:up
create table purchases (
  purchase_id uuid primary key,
  source text not null,
  reference text not null,
  version integer not null constraint purchases_version_from_1 check (version >= 1),
  status text not null constraint purchases_status_known check (status in ('recorded', 'voided')),
  first_hash text not null,
  content_hash text not null,
  content jsonb not null,
  nip_sealed bytea not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
comment on table purchases is 'Every accepted purchase as it stands; (source, reference) names it for ever';
comment on column purchases.purchase_id is 'Derived from tenant, source and reference: the key itself makes a purchase unique';
comment on column purchases.content is 'Body of the last recorded or corrected event: no personal data';
comment on column purchases.nip_sealed is 'NIP of the buyer, sealed and bound to purchase_id';

create table submissions (
  submission_id uuid primary key,
  purchase_id uuid not null,
  kind text not null,
  source text not null,
  reference text not null,
  outcome text not null,
  reasons jsonb not null default '[]',
  raw_sealed bytea,
  received_at timestamptz not null default now()
);
create index submissions_by_purchase on submissions (purchase_id, received_at);
create index submissions_with_raw on submissions (received_at) where raw_sealed is not null;
comment on table submissions is 'What became of everything that was sent, whatever the answer';
comment on column submissions.raw_sealed is 'The body of what was rejected or waits, sealed, for 30 days: it can be mended and tried again';
-- migrate:down
drop table submissions;
drop table purchases;
