-- migrate:up
-- squawk-ignore ban-drop-constraint
alter table pickups drop constraint pickups_few_at_once;
alter table pickups
  -- squawk-ignore constraint-missing-not-valid
  add constraint pickups_turn_begins_at_one check (turn >= 1);
comment on table pickups is 'When a team fetches its packets at a lumbung, so that nobody gathers there: teams_per_slot of its city in 15 minutes at most';
comment on column pickups.turn is 'From 1 to teams_per_slot of the city; a turn of a slot has one team';
-- migrate:down
delete from pickups where turn > 4;
-- squawk-ignore ban-drop-constraint
alter table pickups drop constraint pickups_turn_begins_at_one;
alter table pickups
  -- squawk-ignore constraint-missing-not-valid
  add constraint pickups_few_at_once check (turn between 1 and 4);
