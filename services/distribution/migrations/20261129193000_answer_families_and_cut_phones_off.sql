-- migrate:up
alter table household_answers
  add column reply text not null default '',
  add column replied_at timestamptz;
comment on column household_answers.reply is 'Code of what a coordinator answered (domain/words.py has the sentence); empty while the case is open';
comment on column household_answers.replied_at is 'When it was answered: once; who did, and why, is in coordinator_acts';
-- squawk-ignore ban-drop-constraint
alter table coordinator_acts drop constraint coordinator_acts_kind_known;
alter table coordinator_acts
  -- squawk-ignore constraint-missing-not-valid
  add constraint coordinator_acts_kind_known check (kind in ('reassign', 'call_back', 'keep_standing', 'keep_report', 'pause',
    'resume', 'cut_off', 'answer_case'));
comment on column coordinator_acts.kind is 'reassign, call_back, keep_standing, keep_report (of two reports that differ), pause or resume (a team), cut_off (a device of a team), answer_case (of a household)';
-- migrate:down
delete from coordinator_acts where kind in ('cut_off', 'answer_case');
-- squawk-ignore ban-drop-constraint
alter table coordinator_acts drop constraint coordinator_acts_kind_known;
alter table coordinator_acts
  -- squawk-ignore constraint-missing-not-valid
  add constraint coordinator_acts_kind_known check (kind in ('reassign', 'call_back', 'keep_standing', 'keep_report', 'pause', 'resume'));
-- squawk-ignore ban-drop-column
alter table household_answers drop column replied_at, drop column reply;
