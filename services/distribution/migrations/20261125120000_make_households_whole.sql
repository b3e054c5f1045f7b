-- migrate:up
alter table households
  add column is_aparatur boolean not null default false,
  add column other_aid jsonb not null default '[]',
  add column house_key text,
  add column released_at timestamptz,
  add column erased_at timestamptz;
update households set released_at = changed_at where released_reason is not null;
-- squawk-ignore require-concurrent-index-creation
create index households_to_erase on households (tenant, coalesce(released_at, isolation_until)) where erased_at is null;
-- squawk-ignore require-concurrent-index-creation
create index households_by_place on households (tenant, kelurahan) where erased_at is null;
comment on column households.is_aparatur is 'A civil servant''s household; allocation does not look at it';
comment on column households.other_aid is 'What others brought: [[kind, moment], …]; kinds as in domain/household.py';
comment on column households.house_key is 'Keyed hash of kelurahan and address: equal for families behind one door; null once erased';
comment on column households.released_at is 'When its release was told; null while it isolates (UTC)';
comment on column households.erased_at is 'When its key was deleted: nobody can read its people any more (UTC)';
comment on column households.released_reason is 'recovered, hospital, moved or deceased';

alter table people add column content_key text;
comment on column people.content_key is 'Keyed hash of what is sealed, so that a resend is known without opening it';
comment on column people.sealed is 'AES-256-GCM under the household''s own key; every opening is a row of people_reads';

create table people_keys (
  household_id uuid primary key references households,
  wrapped bytea not null
);
comment on table people_keys is 'The key of each household''s people: without its row, no copy of theirs can be read (crypto-erase)';
comment on column people_keys.wrapped is 'A random key of 32 bytes, sealed under PEDULI_SEAL_KEY and bound to household_id';

create table people_reads (
  read_id bigint generated always as identity primary key,
  tenant text not null,
  household_id uuid not null references households,
  reader text not null,
  purpose text not null,
  at timestamptz not null
);
create index people_reads_by_household on people_reads (household_id);
comment on table people_reads is 'Every reading of personal data, written by the statement''s own transaction; nobody changes them';
comment on column people_reads.reader is 'A team, the name of a token''s owner, or the operator at the terminal';
comment on column people_reads.purpose is 'door (a packet is brought), check (a registrar looks), move (the name goes to a new address), or what an export gives as its reason';

create table household_identities (
  tenant text not null,
  identity_hash text not null,
  household_id uuid not null references households,
  kind text not null,
  primary key (tenant, identity_hash, household_id)
);
create index household_identities_by_household on household_identities (household_id);
comment on table household_identities is 'By what a household that isolates is known again, whoever tells of it; none once it is released';
comment on column household_identities.identity_hash is 'HMAC of a NIK, or of a mobile phone and its kelurahan';
comment on column household_identities.kind is 'nik or phone';

create table household_references (
  reference_id uuid primary key,
  household_id uuid not null references households,
  teller_key text not null,
  told_key text
);
insert into household_references (reference_id, household_id, teller_key) select household_id, household_id, '' from households;
create index household_references_by_household on household_references (household_id);
comment on table household_references is 'What each reporter calls a household: the id that his reference makes, and the household that it is';
comment on column household_references.told_key is 'Keyed hash of the reporter''s last report: told again, it changes nothing, whatever others said since; null once erased';
comment on column household_references.teller_key is 'Keyed hash of the reporter''s source: with two references he means two households';
-- migrate:down
-- squawk-ignore ban-drop-table
drop table household_references, household_identities, people_reads, people_keys;
-- squawk-ignore ban-drop-column
alter table people drop column content_key;
-- squawk-ignore ban-drop-column
alter table households drop column is_aparatur;
-- squawk-ignore ban-drop-column
alter table households drop column other_aid;
-- squawk-ignore ban-drop-column
alter table households drop column house_key;
-- squawk-ignore ban-drop-column
alter table households drop column released_at;
-- squawk-ignore ban-drop-column
alter table households drop column erased_at;  -- and with it both indexes
