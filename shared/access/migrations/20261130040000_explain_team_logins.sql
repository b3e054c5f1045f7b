-- migrate:up
comment on column principals.purchases_per_minute is 'Purchases and pledges a minute through every door, or a team''s reports over the broker, per process of this service';
comment on column principals.generation is 'Number of its login at the broker, if it has a queue; a rotation makes the next one';
-- migrate:down
comment on column principals.purchases_per_minute is 'Purchases and pledges a minute through every door, per process of this service';
comment on column principals.generation is 'Number of its login at the broker; a rotation makes the next one';
