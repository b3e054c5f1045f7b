-- migrate:up
create table lots (
  lot_id uuid primary key,
  tenant text not null,
  purchase_id uuid not null,
  line_no integer not null,
  sku text not null,
  product jsonb,
  kelurahan text not null,
  expires_at timestamptz not null,
  version integer not null default 0,
  bought integer not null default 0 constraint lots_bought_not_below_0 check (bought >= 0),
  over_delivered integer not null default 0 constraint lots_over_delivered_not_below_0 check (over_delivered >= 0),
  available integer not null default 0 constraint lots_available_not_below_0 check (available >= 0),
  reserved integer not null default 0 constraint lots_reserved_not_below_0 check (reserved >= 0),
  in_transit integer not null default 0 constraint lots_in_transit_not_below_0 check (in_transit >= 0),
  delivered integer not null default 0 constraint lots_delivered_not_below_0 check (delivered >= 0),
  returned integer not null default 0 constraint lots_returned_not_below_0 check (returned >= 0),
  expired integer not null default 0 constraint lots_expired_not_below_0 check (expired >= 0),
  withdrawn integer not null default 0 constraint lots_withdrawn_not_below_0 check (withdrawn >= 0),
  damaged integer not null default 0 constraint lots_damaged_not_below_0 check (damaged >= 0),
  constraint lots_every_piece_is_somewhere check (
    available + reserved + in_transit + delivered + returned + expired + withdrawn + damaged = bought + over_delivered)
);
create index lots_by_purchase on lots (purchase_id);
create index lots_open on lots (tenant, expires_at) where available > 0;
comment on table lots is 'What one purchase line brought, with its balance per account in pieces';
comment on column lots.tenant is 'City code without dots; an allocation sees the lots and households of one city only';
comment on column lots.product is 'A product that is not in the catalogue, as its seller described it; null for one that is';

create table stock_entries (
  entry_id bigint generated always as identity primary key,
  lot_id uuid not null references lots,
  from_account text not null,
  to_account text not null,
  quantity integer not null constraint stock_entries_move_something check (quantity > 0),
  cause text not null,
  at timestamptz not null,
  constraint stock_entries_once unique (lot_id, cause, from_account, to_account)
);
comment on table stock_entries is 'The ledger: append-only, double entry, each movement with its unique cause';
comment on column stock_entries.cause is 'purchase:<id>:<version> or task:<id>:<version>: the event that moved the pieces';

create table households (
  household_id uuid primary key,
  tenant text not null,
  version integer not null,
  kelurahan text not null,
  rw integer,
  size integer not null constraint households_have_people check (size > 0),
  groups text[] not null,
  allergens text[] not null,
  isolation_from timestamptz not null,
  isolation_until timestamptz not null,
  released_reason text,
  changed_at timestamptz not null default now()
);
create index households_isolating on households (tenant, isolation_until) where released_reason is null;
comment on table households is 'Households in isolation, by opaque id; the people are in their own table, sealed';
comment on column households.groups is 'infant, elderly, pregnant, diabetic, no_cook, alone: what the goods must fit';
comment on column households.allergens is 'Allergens that no packet may hold';

create table people (
  household_id uuid primary key references households,
  sealed bytea not null
);
comment on table people is 'Name, phone, address: AES-GCM, bound to the household';
comment on column people.sealed is 'AES-256-GCM; opened for the team that accepted the task, and for nobody else';

create table tasks (
  task_id uuid primary key,
  tenant text not null,
  packet_id uuid not null unique,
  household_id uuid not null references households,
  kelurahan text not null,
  status text not null,
  version integer not null,
  goods text not null,
  team text not null default '',
  attempt integer not null default 1,
  lease_until timestamptz,
  retry_at timestamptz,
  not_home integer not null default 0,
  deliver_before timestamptz not null,
  why text[] not null,
  proof_kind text,
  proof_hash text,
  assigned_at timestamptz not null,
  changed_at timestamptz not null,
  constraint tasks_delivered_has_proof check (status <> 'delivered' or (proof_kind is not null and proof_hash is not null))
);
create unique index tasks_one_open_per_household on tasks (household_id) where status in ('assigned', 'accepted', 'failed');
create index tasks_by_household on tasks (household_id);
create index tasks_open on tasks (tenant, kelurahan) where status in ('assigned', 'accepted', 'failed');
comment on index tasks_by_household is 'All packets of a household, also the closed ones (peduli trace)';
comment on table tasks is 'The work of bringing one packet to one door; the queues only tell of it';
comment on column tasks.status is 'assigned, accepted, failed, delivered, returned or recalled';
comment on column tasks.goods is 'The account where the pieces of the packet are now';
comment on column tasks.why is 'Codes of the rule that chose this household; domain/explain.py has their words';
comment on column tasks.proof_hash is 'SHA-256 of the proof: nobody needs to read it again';

create table task_lines (
  task_id uuid not null references tasks,
  lot_id uuid not null references lots,
  quantity integer not null check (quantity > 0),
  primary key (task_id, lot_id)
);
create index task_lines_by_lot on task_lines (lot_id);
comment on table task_lines is 'Pieces of lots in a packet';

create table field_reports (
  tenant text not null,
  report_id uuid not null,
  task_id uuid not null,
  kind text not null,
  team text not null,
  outcome text not null,
  received_at timestamptz not null,
  primary key (tenant, report_id)
);
create index field_reports_by_task on field_reports (task_id);
comment on table field_reports is 'Every report from the field with what became of it; conflicts are kept';
comment on column field_reports.kind is 'accept, deliver, fail or return';
comment on column field_reports.outcome is 'The status it led to, or the code of a refusal in capitals';

create table due (
  tenant text primary key,
  marked_at timestamptz not null default now()
);
comment on table due is 'A city whose goods or households changed since it was last allocated';

create table waiting (
  household_id uuid primary key references households,
  tenant text not null,
  reason text not null,
  since timestamptz not null default now()
);
comment on table waiting is 'Households that the last allocation could not serve, and the code of why';
comment on column waiting.reason is 'ISOLATION_ENDED, TEAM_FULL, NO_GOODS, NOTHING_SUITS or NOT_IN_TIME';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table waiting, due, field_reports, task_lines, tasks, people, households, stock_entries, lots;
